"""Run the benchmarks, bench/*.py, one after the other, and show what they came to as a table.

    bench.py [--quick] [--only WORD] [name ...]

What a whole benchmark found is kept in bench/results.jsonl, for the documentation; with --quick or --only it is only shown. Results of another
machine, or with other versions, are thrown away. A missed goal is no failure."""
import argparse, json, subprocess, sys, tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT/'bench/results.jsonl'
sys.path.insert(0, str(ROOT/'bench'))

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--quick', action='store_true', help="a minute's worth")
    p.add_argument('--only', default='', help='only comparisons whose name holds this word')
    p.add_argument('names', nargs='*', help='such as lifecycle; none: all')
    args = p.parse_args()
    files = {f.stem: f for f in sorted((ROOT/'bench').glob('[!_]*.py'))}
    if unknown := [n for n in args.names if n not in files]: sys.exit(f'No benchmark {", ".join(unknown)}; there are {", ".join(files)}')
    from _measure import machine, table
    with tempfile.TemporaryDirectory() as at:
        out = Path(at)/'results.jsonl'
        out.write_text(json.dumps(machine()) + '\n')
        failed = [n for n in args.names or files
                  if subprocess.run([sys.executable, files[n], '--out', out, '--only', args.only, *(['--quick'] if args.quick else [])], cwd=ROOT).returncode]
        facts, *results = map(json.loads, out.read_text().splitlines())
        print(f'\n{table(results)}\n\n{json.dumps(facts)}')
    if not (args.quick or args.only): keep(facts, [r for r in results if r['bench'] not in failed])
    if failed: sys.exit(f'failed: {", ".join(failed)}')

def keep(facts, results):
    "Put them in the place of what was found before."
    old = [json.loads(line) for line in KEPT.read_text().splitlines()] if KEPT.exists() else []
    new = {r['bench'] for r in results}
    others = [r for r in old[1:] if r['bench'] not in new] if old[:1] == [facts] else []
    KEPT.write_text(''.join(json.dumps(o, ensure_ascii=False) + '\n' for o in [facts, *sorted(others+results, key=lambda r: r['bench'])]))

if __name__ == '__main__': main()
