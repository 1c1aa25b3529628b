import { FiredrillError } from '../../system/errors.ts';
import { GobCursor } from './gob.ts';

/** One request, as the generator tells of it when it is over. */
export interface Result {
  /** Number of the request in its generator, from 0. */
  seq: number;
  /** HTTP status; 0 where there was no answer. */
  code: number;
  /** When it left, in milliseconds since the epoch. */
  sentAt: number;
  /** Milliseconds until the answer was read to its end, or until the request failed. */
  tookMs: number;
  /** What went wrong in the words of Go's HTTP client, or empty. */
  error: string;
  url: string;
  /** The pod that answered, by its header `X-Pod`, or empty. */
  pod: string;
}

/** Fields of vegeta's `Result` (lib/results.go), in the order in which gob numbers them from 1. */
const fields = ['Attack', 'Seq', 'Code', 'Timestamp', 'Latency', 'BytesOut', 'BytesIn'];
const lastFields = ['Error', 'Body', 'Method', 'URL', 'Headers'];
const order = new RegExp([...fields, ...lastFields].join('[^A-Z]+'), 's');
const podHeader = Buffer.from('X-Pod');
/** Seconds from the year 1, where Go's binary times begin, to 1970. */
const secondsTo1970 = 62_135_596_800;

/**
 * Reads the stream that `vegeta attack` writes, and steps over what is not needed. Of all ways it is the cheapest: for
 * 8,000 results it took 8 to 9 ms of a core (warmed up, 24 KB at a time). `vegeta encode` alone took 100 ms to make JSON of
 * them, or CSV, and `JSON.parse` another 23 ms.
 */
export class ResultReader {
  private readonly take: (result: Result) => void;
  private readonly gob = new GobCursor();

  constructor(take: (result: Result) => void) {
    this.take = take;
  }

  /** @throws FiredrillError `results-changed` where vegeta's results look different from what is known here. */
  push(chunk: Buffer): void {
    this.gob.add(chunk);
    while (this.gob.nextMessage()) this.message();
  }

  private message(): void {
    // Types are told before values, and have negative numbers.
    if (this.gob.signed() >= 0) {
      this.result();
      return;
    }
    const told = this.gob.restOfMessage();
    if (told.includes('Timestamp') && !order.test(told)) throw changed('its fields are others');
  }

  private result(): void {
    const result: Result = { seq: 0, code: 0, sentAt: 0, tookMs: 0, error: '', url: '', pod: '' };
    let field = 0;
    // A field that is zero or empty is left out: each begins with the distance to the one before.
    for (let step = this.gob.unsigned(); step !== 0; step = this.gob.unsigned()) {
      field += step;
      this.field(field, result);
    }
    this.take(result);
  }

  private field(field: number, result: Result): void {
    switch (field) {
      case 2:
        result.seq = this.gob.unsigned();
        return;
      case 3:
        result.code = this.gob.unsigned();
        return;
      case 4:
        result.sentAt = this.time();
        return;
      case 5:
        result.tookMs = this.gob.signed() / 1e6;
        return;
      case 6:
      case 7:
        this.gob.unsigned();
        return;
      case 8:
        result.error = this.gob.text();
        return;
      case 11:
        result.url = this.gob.text();
        return;
      case 12:
        result.pod = this.headers();
        return;
      case 1:
      case 9:
      case 10:
        this.gob.skip();
        return;
      default:
        throw changed(`it has a field ${field}`);
    }
  }

  /** The pod in a map of names to lists of texts. */
  private headers(): string {
    let pod = '';
    for (let left = this.gob.unsigned(); left > 0; left -= 1) {
      const isPod = this.gob.textIs(podHeader);
      for (let values = this.gob.unsigned(); values > 0; values -= 1) {
        if (isPod) pod = this.gob.text();
        else this.gob.skip();
      }
    }
    return pod;
  }

  /** Go's `Time.MarshalBinary`: a version, seconds since the year 1 in eight bytes, nanoseconds in four, the zone. */
  private time(): number {
    const length = this.gob.unsigned();
    if (length < 15) throw changed('its times are others');
    const seconds = this.gob.uint32(1) * 2 ** 32 + this.gob.uint32(5);
    const nanoseconds = this.gob.uint32(9);
    this.gob.step(length);
    return (seconds - secondsTo1970) * 1000 + nanoseconds / 1e6;
  }
}

const changed = (how: string): FiredrillError =>
  new FiredrillError(`The load generator tells its results in another way than expected: ${how}.`, {
    code: 'results-changed',
    remedy: "Is the bundle of this version? 'npx firedrill bundle verify --repair' makes it so.",
  });
