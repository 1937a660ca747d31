// What the study page's scripts pass to each other. The manifest's part mirrors gan_eval/study/schema/manifest.py, and
// tests/gan_eval/study/schema/test_page_types.py holds the two against each other.

interface Picture { sha256: string; w: number; h: number; mime: "image/webp" | "image/jpeg"; bytes: number }

interface Trial { trial_id: string; options: string[]; reference: string | null; prompt: string | null }

interface Practice { trial_id: string; options: string[]; reference: string | null; truth: string | null }

interface Form { form_id: string; sequence: [number, number[]][] }

interface Ui {
  slots: number;
  show_reference: boolean;
  tie: "none" | "tie" | "tie+both-bad";
  skip: boolean;
  confirm: boolean;
  min_ms: number;
  deadline_ms: number | null;
  exposure_ms: number | null;
  css_px: [number, number];
  kiosk: boolean;
  labels: string[];
  ranks: boolean;
}

interface StudyText {
  title: string;
  consent: string;
  instructions: string;
  question: string;
  debrief: string;
  contact: string;
}

interface Platform {
  name: string;
  id_params: string[];
  extra_params: string[];
  preview: [string, string] | null;
  finish: "none" | "redirect" | "form";
  hosts: string[];
  url: string | null;
}

interface Manifest {
  schema: string;
  study_id: string;
  generator: string;
  kind: string;
  key_commitment: string;
  lang: string;
  dir: "ltr" | "rtl";
  text: StudyText;
  strings: Record<string, string>;
  ui: Ui;
  feedback: "off" | "practice" | "always";
  images: Record<string, Picture>;
  practice: Practice[];
  trials: Trial[];
  forms: Form[];
  post_url: string | null;
  platform: Platform;
}

/** The page's script blocks, by their ids. */
interface Embedded {
  study: { manifest: Manifest; manifest_sha256: string };
  images: Record<string, string> | null;
  truths: Record<string, string> | null;
  deployment: { api: string | null } | null;
}

interface Study {
  manifest: Manifest;
  manifest_sha256: string;
  ui: Ui;
  text: StudyText;
  strings: Record<string, string>;
  feedback: Manifest["feedback"];
  truths: Record<string, string> | null;
  practice: Practice[];
  sequence: PlacedTrial[];
  pictures: Pictures;
  journal: Journal;
  delivery: Delivery;
  flow: AbortController;
  /** null until there is a session. */
  recorder: Recorder | null;
  withdraw: () => Promise<void>;
}

/** The part of a study that names it. */
type Named = Pick<Study, "manifest" | "manifest_sha256">;

/** Pictures to load together. */
interface PictureIds { options: string[]; reference: string | null }

/** A trial with its pictures in the order in which one participant sees them. */
interface PlacedTrial extends Trial { shown: string[] }

/** A trial on the screen: the index-th of total. */
interface ShownTrial extends PictureIds {
  trial_id: string;
  shown: string[];
  prompt?: string | null;
  practice: boolean;
  index: number;
  total: number;
}

interface Session {
  session_id: string;
  study: string;
  parameters: Record<string, string>;
  form_id: string;
  form_source: string;
  token: string | null;
  started: number;
  seq: number;
  stage: "instructions" | "practice" | "main" | "comment" | "finished" | "withdrawn";
  practised: number;
  answered: number;
  spent_ms: number;
  timed: number;
  open: { trial_id: string; index: number; attempt: number } | null;
  attempt?: number;
  last_ms?: number;
  last_wall?: number;
}

interface StudyEvent {
  schema: "study-event/1";
  study_id: string;
  manifest_sha256: string;
  session_id: string;
  event_id: string;
  seq: number;
  type: string;
  t_utc: string | null;
  t_ms: number;
  payload: object;
}

type Arrival = "waiting" | "stored" | "refused";

interface JournalRecord { event_id: string; session_id: string; study: string; state: Arrival; event: StudyEvent }

interface Journal {
  readonly storage: "indexeddb" | "localstorage" | "memory";
  sessions(study: string): Promise<Session[]>;
  queue(study: string, state: Arrival): Promise<JournalRecord[]>;
  events(session: string): Promise<JournalRecord[]>;
  save(session: Session, event: StudyEvent | null): Promise<unknown>;
  mark(ids: string[], state: Arrival): Promise<unknown>;
}

interface StoredState { sessions: Record<string, Session>; events: Record<string, JournalRecord> }

interface Delivery {
  declined(): Promise<string | null>;
  readonly state: "none" | "idle" | "sending" | "retrying" | "refused";
  send(): Promise<void>;
  retry(): Promise<void>;
  start(body: { session_id: string }): Promise<any>;
  completion(session_id: string, token: string | null): Promise<any>;
  truth(trial: string): Promise<string | null>;
  settled(): Promise<boolean>;
}

interface Recorder {
  session: Session;
  record(type: string, payload: object, changes?: Partial<Session>): Promise<void>;
  clock(time?: number): number;
  keep(changes: Partial<Session>): Promise<unknown>;
  lines(): Promise<string>;
  count(): Promise<number>;
}

interface Pictures {
  fetchAll(trials: PictureIds[]): Promise<void>;
  trial(trial: PictureIds): Promise<Map<string, HTMLImageElement>>;
  ahead(trials: PictureIds[]): void;
}

/** An error with what the page adds to it. */
interface Failure extends Error { final?: boolean; image_id?: string }

/** An answer: a picture, a word, a tie, or a reason why there is none. */
interface Choice { slot?: number; image_id?: string; label?: string; tie?: true; none?: string; ranking?: string[] }

interface Figure { frame: HTMLElement; node: HTMLElement; target?: HTMLButtonElement }

interface Answer { key: string; choice: Choice; node: HTMLButtonElement }

interface Stage {
  node: HTMLElement;
  figures: Figure[];
  answers: Answer[];
  confirm: HTMLButtonElement | null;
  fit: () => void;
  size: () => [number, number];
}

interface Exposure { over: () => boolean; measured: Promise<number> }

/** Room for the pictures of a trial, in CSS pixels. aside: what the input's gap takes where all stand in one row. */
interface Room { width: number; height: number; screen: number; aside: number }

type Child = Node | string | null | undefined;

type Attributes = Record<string, string | number | boolean | null | undefined | ((event: any) => unknown)>;
