// Adds up JSON reports of vitest and Playwright: `N passed, N failed[, N skipped]`, alone on the last line, and an exit code to match.
// Usage: node scripts/countTests.mjs [--failed NAME]… REPORT.json…   A report that is missing or unreadable counts as one failure.
import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

const MAX_NAMES = 50;
const totals = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

function countVitest(report) {
  for (const file of report.testResults) {
    const results = file.assertionResults ?? [];
    for (const { status, fullName, failureMessages = [] } of results) {
      if (status === 'passed') totals.passed += 1;
      else if (status === 'failed') fail(`${fullName}: ${firstLines(failureMessages[0])}`);
      else totals.skipped += 1;
    }
    // A file that broke before or beside its tests has no failed test of its own.
    if (file.status === 'failed' && !results.some((one) => one.status === 'failed')) fail(`${file.name}: ${String(file.message).split('\n')[0]}`);
  }
  if (report.success === false && totals.failed === 0) fail('the test run reports a failure outside of its tests');
}

function countPlaywright(report) {
  totals.passed += report.stats.expected;
  totals.skipped += report.stats.skipped;
  for (const { spec, file } of specsOf(report.suites)) {
    if (spec.ok && !spec.tests.some(({ status }) => status === 'flaky')) continue;
    const messages = spec.tests.flatMap(({ results }) => results).map(({ error }) => error?.message).filter(Boolean);
    fail(`${file} › ${spec.title}: ${firstLines(messages[0])}`);
  }
  for (const error of report.errors) fail(`end-to-end: ${String(error.message).split('\n')[0]}`);
}

function specsOf(suites) {
  return suites.flatMap((suite) => [...suite.specs.map((spec) => ({ spec, file: suite.file })), ...specsOf(suite.suites ?? [])]);
}

function firstLines(message = '') {
  return stripVTControlCharacters(message).split('\n').filter((line) => line.trim() !== '').slice(0, 3).join(' | ').slice(0, 300);
}

function fail(name) {
  totals.failed += 1;
  if (failures.length < MAX_NAMES) failures.push(name);
}

const args = process.argv.slice(2);
while (args.length > 0) {
  const arg = args.shift();
  if (arg === '--failed') {
    fail(args.shift() ?? 'a step');
    continue;
  }
  try {
    const report = JSON.parse(readFileSync(arg, 'utf8'));
    if (Array.isArray(report.testResults)) countVitest(report);
    else countPlaywright(report);
  } catch (error) {
    fail(`${arg}: ${error.message}`);
  }
}
for (const name of failures) console.log(`failed: ${name}`);
console.log(`${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
