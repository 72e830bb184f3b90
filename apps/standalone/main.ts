import { openLog } from '#nest';
import { untilStopped } from '#nest/distributed';

await untilStopped(openLog('rollcall', process.env['LOG_LEVEL'] ?? 'warn'), async () => {
  // Loaded only now: an old Node, of which untilStopped has just told, cannot even load it.
  const { startStandalone } = await import('./standalone.js');
  const began = performance.now();
  const standalone = await startStandalone(process.env, openLog('rollcall', process.env['LOG_LEVEL'] ?? 'warn'));
  const { url, first, folder } = standalone;
  const say = (...lines: string[]) => process.stdout.write(`${lines.join('\n')}\n`);
  say('', `Rollcall is ready after ${((performance.now() - began) / 1000).toFixed(1)} s. Data is in ${folder}.`);
  if (first) {
    say('', 'An organisation was created. Its access key is shown this once; keep it:', '', `  ${first.key}`);
  }
  say(
    '',
    `  API            ${url}/v1`,
    `  Documentation  ${url}/docs`,
    '',
    'To see it at work on an example, in another terminal:',
    '',
    `  ROLLCALL_URL=${url} ROLLCALL_KEY=<the key> npm run example`,
    '',
    'Ctrl-C stops it.',
    '',
  );
  return standalone;
});
