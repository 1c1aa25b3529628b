// @inquirer/testing's types name this package, which has none of its own.
declare module 'mute-stream' {
  import type { Duplex } from 'node:stream';
  export default class MuteStream extends Duplex {
    mute(): void;
    unmute(): void;
  }
}
