import { toBuffer, toSVG } from 'bwip-js/node';

/** A link as a QR code: the SVG document, and a PNG in base64. */
export interface QrCode {
  readonly svg: string;
  readonly png: string;
}

/** Draws the QR code of a link, with the quiet zone that readers need and a tenth of it spare for dirt (level M). */
export async function qrCode(link: string): Promise<QrCode> {
  const options = { bcid: 'qrcode', text: link, eclevel: 'M', padding: 4, backgroundcolor: 'FFFFFF' };
  const png = await toBuffer({ ...options, scale: 4 });
  return { svg: toSVG(options), png: png.toString('base64') };
}
