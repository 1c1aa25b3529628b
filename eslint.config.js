import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Which folders of `scripts/` a folder may import from: one direction only (see CONTRIBUTING.md). */
const mayImport = {
  system: [],
  bundle: ['system'],
  lab: ['bundle', 'system'],
  setup: ['lab', 'bundle', 'system'],
  probes: ['lab', 'system'],
  faults: ['lab', 'system'],
  checks: ['lab', 'system'],
  course: ['checks', 'faults', 'probes', 'lab', 'system'],
  ui: ['course', 'checks', 'faults', 'probes', 'lab', 'system'],
  present: ['ui', 'course', 'checks', 'faults', 'probes', 'lab', 'system'],
  page: ['system'],
  playground: ['page', 'lab', 'bundle', 'system'],
  stage: ['page', 'ui', 'faults', 'probes', 'lab', 'bundle', 'system'],
};
const layers = Object.keys(mayImport);
/** Programs of their own beside `main.ts`. */
const drivers = {
  soak: ['stage', 'course', 'checks', 'faults', 'lab', 'bundle', 'system'],
  record: ['course', 'lab', 'system'],
  bench: ['soak', 'stage', 'probes', 'lab', 'bundle', 'system'],
};
const folders = [...layers, ...Object.keys(drivers), 'commands'];
/** These alone write to the terminal: the others return, emit events, or are handed a stream. */
const speakers = ['ui', 'commands', ...Object.keys(drivers)];

const onlyUi = 'Only scripts/ui imports terminal libraries.';
const terminalLibraries = { regex: '^(@inquirer/|ora$|marked)', message: onlyUi };
const noExit = {
  selector: "MemberExpression[object.name='process'][property.name='exit']",
  message: 'Only scripts/main.ts ends the program: throw, or set process.exitCode.',
};
const noTalk = {
  selector:
    ":not(MemberExpression[property.name='isTTY']) > MemberExpression[object.name='process'][property.name=/^std(out|err)$/]",
  message: 'This layer never prints: return a value, emit an event, or take a stream.',
};

/** `import ... from` and `import()` of what a pattern forbids; and further selectors that no code may match. */
const forbidding = (patterns, selectors = []) => ({
  'no-restricted-imports': ['error', { patterns }],
  'no-restricted-syntax': [
    'error',
    ...patterns.map(({ regex, message }) => ({
      selector: `ImportExpression[source.value=/${regex.replaceAll('/', '\\/')}/]`,
      message,
    })),
    ...selectors,
  ],
});

/** Imports of other folders by their relative path, from anywhere below one. */
const notFrom = (others, who, where = '^(\\.\\./)+') =>
  others.map((other) => ({
    regex: `${where}${other}/`,
    message: `${who} must not import from scripts/${other}.`,
  }));

const allowedFor = { ...mayImport, ...drivers, commands: layers };
const rulesOf = (folder, { speaks, ends }) =>
  forbidding(
    [
      ...notFrom(
        folders.filter((other) => other !== folder && !allowedFor[folder].includes(other)),
        `scripts/${folder}`,
      ),
      ...(folder === 'ui' ? [] : [terminalLibraries]),
    ],
    [...(ends ? [] : [noExit]), ...(speaks ? [] : [noTalk])],
  );

/** The rules of this file alone, without those that need types: a test uses them. */
export const directions = [
  ...Object.keys(allowedFor).map((folder) => ({
    files: [`scripts/${folder}/**/*.ts`],
    rules: rulesOf(folder, { speaks: speakers.includes(folder), ends: folder in drivers }),
  })),
  {
    // A process that a fault starts on the host.
    files: ['scripts/faults/end-machines.ts'],
    rules: rulesOf('faults', { speaks: true, ends: false }),
  },
  {
    files: ['scripts/main.ts'],
    rules: forbidding([
      ...notFrom(
        folders.filter((other) => !['commands', 'system'].includes(other)),
        'scripts/main.ts',
        '^\\./',
      ),
      terminalLibraries,
    ]),
  },
  {
    // What a lesson says goes through the engine.
    files: ['lessons/**/*.ts'],
    rules: forbidding(
      [
        ...notFrom(
          ['commands', 'ui', 'present', 'setup', 'page', ...Object.keys(drivers)],
          'A lesson',
          '^(\\.\\./)+scripts/',
        ),
        terminalLibraries,
      ],
      [noExit, noTalk],
    ),
  },
  {
    // It runs in the lab, without the program.
    files: ['app/**/*.ts'],
    rules: forbidding([{ regex: '^(\\.\\./)+', message: 'The app imports nothing from outside of app/.' }], [noExit]),
  },
];

export default defineConfig(
  { ignores: ['node_modules', 'coverage'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-console': 'error',
    },
  },
  ...directions,
  { files: ['eslint.config.js'], ...tseslint.configs.disableTypeChecked },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', 'no-console': 'off' },
  },
);
