import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../scripts/ui/markdown.ts';
import { visibleWidth } from '../../scripts/ui/wrap.ts';

const plain = (markdown: string, columns = 80) =>
  renderMarkdown(markdown, { columns, colour: false, accessible: false });

const markdown = `## The bridge of *each* worker

Every worker has a bridge, **cni0**, and each pod's \`eth0\` is one end of a pair, as the
[CNI documentation](https://www.cni.dev/plugins/current/main/bridge/) says. See \`ip -br address show\`.

- tight **list** with \`code\` in an item that is too long for one narrow line
- second
  - nested

| machine | pods | what is on it |
| --- | --- | --- |
| \`w1\` | 10.2.31.0/24 | the front end and, because it was started first, the database |

\`\`\`sh on=w1
ip route get 10.2.32.5 from 10.2.31.7 iif cni0 && ip neighbour show dev eth0 nud reachable
\`\`\`
`;

describe('a page', () => {
  it('fits 60 columns, but for code', () => {
    expect(plain(markdown, 60)).toMatchInlineSnapshot(`
      "The bridge of each worker
      -------------------------

      Every worker has a bridge, cni0, and each pod's \`eth0\` is
      one end of a pair, as the CNI documentation
      (https://www.cni.dev/plugins/current/main/bridge/) says. See
      \`ip -br address show\`.

      - tight list with \`code\` in an item that is too long for one
        narrow line
      - second
        - nested

      machine  pods          what is on it
      -------  ------------  -------------------------------------
      \`w1\`     10.2.31.0/24  the front end and, because it was
                             started first, the database

      On w1 (npx firedrill lab ssh w1):
        ip route get 10.2.32.5 from 10.2.31.7 iif cni0 && ip neighbour show dev eth0 nud reachable"
    `);
  });

  it('fits 80 columns', () => {
    expect(plain(markdown, 80)).toMatchInlineSnapshot(`
      "The bridge of each worker
      -------------------------

      Every worker has a bridge, cni0, and each pod's \`eth0\` is one end of a pair, as
      the CNI documentation (https://www.cni.dev/plugins/current/main/bridge/) says.
      See \`ip -br address show\`.

      - tight list with \`code\` in an item that is too long for one narrow line
      - second
        - nested

      machine  pods          what is on it
      -------  ------------  ---------------------------------------------------------
      \`w1\`     10.2.31.0/24  the front end and, because it was started first, the
                             database

      On w1 (npx firedrill lab ssh w1):
        ip route get 10.2.32.5 from 10.2.31.7 iif cni0 && ip neighbour show dev eth0 nud reachable"
    `);
  });

  it('fits 120 columns', () => {
    expect(plain(markdown, 120)).toMatchInlineSnapshot(`
      "The bridge of each worker
      -------------------------

      Every worker has a bridge, cni0, and each pod's \`eth0\` is one end of a pair, as the CNI documentation
      (https://www.cni.dev/plugins/current/main/bridge/) says. See \`ip -br address show\`.

      - tight list with \`code\` in an item that is too long for one narrow line
      - second
        - nested

      machine  pods          what is on it
      -------  ------------  -------------------------------------------------------------
      \`w1\`     10.2.31.0/24  the front end and, because it was started first, the database

      On w1 (npx firedrill lab ssh w1):
        ip route get 10.2.32.5 from 10.2.31.7 iif cni0 && ip neighbour show dev eth0 nud reachable"
    `);
  });

  it.each([60, 80, 120])('has no line of prose wider than %i columns, in colour too', (columns) => {
    const lines = renderMarkdown(markdown, { columns, colour: true, accessible: false }).split('\n');
    const code = lines.findIndex((line) => line.includes('ip route get'));
    expect(lines.filter((line, index) => index !== code && visibleWidth(line) > columns)).toEqual([]);
  });

  it('has escape codes with colour only, and says the same either way', () => {
    const escape = '\u001b';
    expect(plain(markdown)).not.toContain(escape);
    expect(renderMarkdown(markdown, { columns: 80, colour: true, accessible: false })).toContain(escape);
  });

  it('passes on no control characters from the page', () => {
    expect(plain('a \u001b[31mred\u001b[0m\u0007 `b\u001b[2J`')).toBe('a red `b`');
  });
});

describe('code', () => {
  it('is never wrapped and stands alone, so that it can be copied', () => {
    const long = `kubectl get pods ${'--selector=app '.repeat(12)}-o wide`;
    expect(plain(`\`\`\`sh\n${long}\n\`\`\``, 60)).toBe(`  ${long}`);
  });

  it('with a here-document is not indented: its end would not be found', () => {
    expect(plain('```sh\ncat <<EOF\nx\nEOF\n```')).toBe('cat <<EOF\nx\nEOF');
  });

  it('says how it runs where that matters', () => {
    expect(plain('```sh background fails\nx\n```')).toBe(
      'Beside the rest, until the step ends, expected to fail:\n  x',
    );
  });
});

describe('smaller things', () => {
  it('keeps an address whole, however long', () => {
    const address = `https://example.org/${'a'.repeat(80)}`;
    expect(plain(`[here](${address})`, 60).split('\n')).toEqual(['here', `(${address})`]);
  });

  it('keeps colons, entities and bare links as they are written', () => {
    expect(plain('10.3.0.1:443:tcp: a &lt; b, <https://etcd.io>')).toBe('10.3.0.1:443:tcp: a < b, https://etcd.io');
  });

  it('gives a table that cannot fit as a list', () => {
    const wide = `https://example.org/${'b'.repeat(50)}`;
    expect(plain(`| name | address |\n| --- | --- |\n| docs | ${wide} |`, 60)).toBe(
      `- name: docs\n  address:\n  ${wide}`,
    );
  });

  it('marks headings for a screen reader without lines of dashes', () => {
    expect(renderMarkdown('# A\n\n---\n\n## B', { columns: 60, colour: false, accessible: true })).toBe('# A\n\n## B');
  });

  it('numbers a list as the page does', () => {
    expect(plain('3. three\n4. four')).toBe('3. three\n4. four');
  });
});
