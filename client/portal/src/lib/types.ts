// The treaty's own names for what the pages hold.
import type { Answer as Answer_, ListOfficesReply_Held, Party as Party_, SearchPersonsReply_Found } from '../gen/entente/v1/directory_pb';

export type Answer = Answer_;
export type Held = ListOfficesReply_Held;
export type Party = Party_;
export type Found = SearchPersonsReply_Found;
