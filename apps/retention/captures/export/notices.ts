/** What the app itself writes into a chat: who came, who went, who was taken out, in the languages named below. */

export type Kind = 'message' | 'join' | 'leave' | 'removal' | 'system';

/** What a notice says, and whom it is about; `people` are labels as the phone shows them. */
export interface Notice {
  readonly kind: Exclude<Kind, 'message'>;
  readonly people: readonly string[];
}

type Row = readonly [kind: Notice['kind'], pattern: RegExp];

/** English, German, French, Spanish, Italian, Portuguese, Dutch. `who` is whom the line is about. */
const ROWS: readonly Row[] = [
  ['join', /^(?<who>.+?) joined (?:using|via|from|with|the group)\b/u],
  ['join', /^(?<who>.+?) joined$/u],
  ['join', /^(?<who>.+?) (?:was|were) added(?: by .+)?$/u],
  ['join', /^.+? added (?<who>.+)$/u],
  ['leave', /^(?<who>.+?) left(?: the group)?$/u],
  ['removal', /^(?<who>.+?) (?:was|were) removed(?: by .+)?$/u],
  ['removal', /^.+? removed (?<who>.+)$/u],
  ['join', /^.+? (?:hat|haben|hast) (?<who>.+) hinzugefügt$/u],
  ['join', /^(?<who>.+?) (?:ist|bist) .*beigetreten$/u],
  ['join', /^(?<who>.+?) (?:wurde|wurden|wurdest) hinzugefügt$/u],
  ['leave', /^(?<who>.+?) (?:hat|hast) die Gruppe verlassen$/u],
  ['removal', /^.+? (?:hat|haben|hast) (?<who>.+) entfernt$/u],
  ['removal', /^(?<who>.+?) (?:wurde|wurden|wurdest) entfernt$/u],
  ['join', /^.+? (?:a|avez) ajouté (?<who>.+)$/u],
  ['join', /^(?<who>.+?) (?:a rejoint|avez rejoint)\b.*$/u],
  ['join', /^(?<who>.+?) a été ajouté(?:e|s|es)?$/u],
  ['leave', /^(?<who>.+?) (?:est parti(?:e|\(e\))?|a quitté(?: le groupe)?)$/u],
  ['removal', /^.+? (?:a|avez) (?:retiré|supprimé) (?<who>.+)$/u],
  ['removal', /^(?<who>.+?) a été (?:retiré|supprimé)(?:e|s|es)?$/u],
  ['join', /^.+? (?:añadió|agregó) a (?<who>.+)$/u],
  ['join', /^Se (?:añadió|agregó) a (?<who>.+)$/u],
  ['join', /^(?<who>.+?) se unió\b.*$/u],
  ['leave', /^(?<who>.+?) (?:salió(?: del grupo)?|ha salido)$/u],
  ['removal', /^.+? eliminó a (?<who>.+)$/u],
  ['join', /^.+? (?:ha|hai) aggiunto (?<who>.+)$/u],
  ['join', /^(?<who>.+?) (?:è entrat[oa]|si è unit[oa])\b.*$/u],
  ['leave', /^(?<who>.+?) ha abbandonato(?: il gruppo)?$/u],
  ['removal', /^.+? (?:ha|hai) rimosso (?<who>.+)$/u],
  ['join', /^.+? adicionou (?<who>.+)$/u],
  ['join', /^(?<who>.+?) entrou\b.*$/u],
  ['leave', /^(?<who>.+?) saiu(?: do grupo)?$/u],
  ['removal', /^.+? removeu (?<who>.+)$/u],
  ['join', /^.+? (?:heeft|hebt) (?<who>.+) toegevoegd$/u],
  ['join', /^(?<who>.+?) is lid geworden\b.*$/u],
  ['leave', /^(?<who>.+?) heeft de groep verlaten$/u],
  ['removal', /^.+? (?:heeft|hebt) (?<who>.+) verwijderd$/u],
];

const BETWEEN = /, | (?:and|und|et|y|e|en) /u;
/** Longer ones are no notices. */
const LONGEST = 500;

/** What a line says that the app wrote, and not a person; anything it does not know is `system`. */
export function noticeIn(line: string): Notice {
  const text = line.trim().replace(/\.$/u, '');
  if (text.length <= LONGEST)
    for (const [kind, pattern] of ROWS) {
      const who = pattern.exec(text)?.groups?.['who'];
      if (who !== undefined) return { kind, people: who.split(BETWEEN).map((name) => name.trim()) };
    }
  return { kind: 'system', people: [] };
}
