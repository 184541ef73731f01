// What figures are told by: dataflows, their structures, the codes of their lists in the reader's words.
import { Dimension_Role, type Codelist, type Dataflow, type DataStructure, type ListDataflowsReply_Row, type StructureSet } from '../gen/entente/v1/statistics_pb';
import { collator } from '../i18n';
import { statistics } from './figures';
import { partyName, textIn } from './names';
import { once } from './use-call';

export interface Code {
  id: string;
  title: string;
}
export interface Structured {
  set: StructureSet;
  dataflow: Dataflow;
  structure: DataStructure;
  lists: Map<string, Codelist>;
}

export function dataflows(): Promise<ListDataflowsReply_Row[]> {
  return once('dataflows', async () => (await statistics.listDataflows({})).rows);
}

export function structureOf(name: string): Promise<Structured> {
  return once(`structure ${name}`, async () => {
    const set = await statistics.getStructure({ name, withReferences: true });
    const dataflow = set.dataflows.find((one) => one.name === name) as Dataflow;
    const structure = set.dataStructures.find((one) => one.name === dataflow.dataStructure) as DataStructure;
    return { set, dataflow, structure, lists: new Map(set.codelists.map((one) => [one.name, one])) };
  });
}

export function codesOf(list: Codelist | undefined, role: Dimension_Role): Code[] {
  const isArea = role === Dimension_Role.REFERENCE_AREA || role === Dimension_Role.COUNTERPART_AREA;
  const codes = (list?.items ?? []).map((one) => ({ id: one.id, title: isArea && /^[A-Z]{3}$/.test(one.id) ? partyName(one.id) : textIn(one.title) || one.id }));
  for (const [index, code] of codes.entries()) if (code.title === code.id) code.title = textIn(list?.items[index]?.title) || code.id;
  return isArea ? codes.sort((a, b) => collator().compare(a.title, b.title)) : codes;
}

export function conceptTitle(set: StructureSet, structure: DataStructure, id: string): string {
  const concept = set.conceptSchemes.find((one) => one.name === structure.conceptScheme)?.concepts.find((one) => one.id === id);
  return textIn(concept?.title) || id;
}
