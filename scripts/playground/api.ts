import { z } from 'zod';
import { FiredrillError } from '../system/errors.ts';
import { cut, mend } from './cuts.ts';
import { del, get, put } from './keys.ts';
import { addLearner, end, promote, remove, start } from './members.ts';
import type { Place } from './place.ts';
import { stress } from './stress.ts';

const key = z.string();
const via = z.string().optional();
const names = z.array(z.string()).min(1);
const name = z.string();

/** What the page may ask for. */
const callSchema = z.discriminatedUnion('name', [
  z.object({ name: z.literal('put'), key, value: z.string(), via }),
  z.object({ name: z.literal('get'), key, prefix: z.boolean(), serializable: z.boolean(), via }),
  z.object({ name: z.literal('delete'), key, prefix: z.boolean(), via }),
  z.object({ name: z.literal('stress'), writes: z.int().min(1).max(100_000), via }),
  z.object({ name: z.literal('stop'), members: names }),
  z.object({ name: z.literal('kill'), members: names }),
  z.object({ name: z.literal('start'), members: names }),
  z.object({ name: z.literal('cut'), members: names }),
  z.object({ name: z.literal('mend') }),
  z.object({ name: z.literal('remove'), member: name }),
  z.object({ name: z.literal('add'), member: name }),
  z.object({ name: z.literal('promote'), member: name }),
]);
export type Call = z.infer<typeof callSchema>;

/** Does what the page asks for. @throws FiredrillError `bad-call`, and what the operations throw; Interrupted. */
export async function answerCall(place: Place, asked: unknown, signal: AbortSignal): Promise<unknown> {
  const parsed = callSchema.safeParse(asked);
  if (!parsed.success) {
    throw new FiredrillError('The page asked for something that there is not.', {
      code: 'bad-call',
      remedy: 'Reload the page.',
      cause: parsed.error,
      exitCode: 2,
    });
  }
  return carryOut(place, parsed.data, signal);
}

async function carryOut(place: Place, call: Call, signal: AbortSignal): Promise<unknown> {
  const startedAt = performance.now();
  const done = (said: string) => ({ ok: true, said, milliseconds: Math.round(performance.now() - startedAt) });
  switch (call.name) {
    case 'put':
      return put(place, call.key, call.value, { via: call.via, signal });
    case 'get':
      return get(place, call.key, { ...call, signal });
    case 'delete':
      return del(place, call.key, { ...call, signal });
    case 'stress':
      return stress(place, call.writes, { via: call.via, signal });
    case 'stop':
      return done(`stopped: ${listed(await end(place, call.members, 'stop'))}`);
    case 'kill':
      return done(`killed: ${listed(await end(place, call.members, 'kill'))}`);
    case 'start':
      return done(`started: ${listed(await start(place, call.members))}`);
    case 'cut': {
      const others = place.machines.map((machine) => machine.name).filter((each) => !call.members.includes(each));
      await cut(place, call.members, others);
      return done(`cut: ${listed(call.members)} from ${listed(others)}`);
    }
    case 'mend':
      await mend(place);
      return done('mended: every cable');
    case 'remove':
      await remove(place, call.member);
      return done(`removed: ${call.member}`);
    case 'add':
      await addLearner(place, call.member, signal);
      return done(`added as a learner: ${call.member}`);
    case 'promote':
      await promote(place, call.member, signal);
      return done(`promoted: ${call.member} votes now`);
  }
}

const listed = (list: readonly string[]): string => (list.length === 0 ? 'none' : list.join(', '));
