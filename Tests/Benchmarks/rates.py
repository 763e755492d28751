"""Tasks a second through scalems-top and through what people use instead."""

import statistics
import subprocess
import sys
from pathlib import Path

from processes import timed

HERE = Path(__file__).resolve().parent
HYPERQUEUE = "hyperqueue==0.27.0"


def hyperqueue_python(cache):
  """The Python of an environment with HyperQueue, made when it is missing; None when it cannot be made."""
  python = cache / "hyperqueue" / "bin" / "python3"
  if subprocess.run([python, "-c", "import hyperqueue"], stderr=subprocess.DEVNULL).returncode if python.exists() else 1:
    print(f"Installing {HYPERQUEUE} from PyPI into {cache / 'hyperqueue'}.", file=sys.stderr)
    try:
      subprocess.run([sys.executable, "-m", "venv", cache / "hyperqueue"], check=True, stdout=sys.stderr)
      subprocess.run(
        [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", HYPERQUEUE], check=True, stdout=sys.stderr)
    except (OSError, subprocess.CalledProcessError) as error:
      print(f"HyperQueue is left out: {error}", file=sys.stderr)
      return None
  return python


def contenders(binary, workplace, cache, count, cores):
  """Name → a function that runs the tasks once and returns the seconds it took."""
  commands = workplace.root / "commands.txt"
  commands.write_text("/bin/true\n" * count)
  numbers = workplace.root / "numbers.txt"
  numbers.write_text("".join(f"{n}\n" for n in range(count)))
  workflow = workplace.root / "true.yaml"
  workflow.write_text(f"tasks: [{{name: t, ensemble: {count}, argv: [/bin/true]}}]\n")
  python = hyperqueue_python(cache)

  def ours(*what):
    def run():
      directory = workplace.directory("session")
      options = ["--batch", "--cores", str(cores), "--session-dir", directory / "session"]
      return timed([binary, "run", *what, *options], workplace, directory)
    return run

  def other(*arguments, stdin=commands):
    return lambda: timed(arguments, workplace, workplace.directory("other"), stdin=stdin)

  def hyperqueue():
    directory = workplace.directory("hyperqueue")
    result = subprocess.run(
      [python, HERE / "hyperqueue_rate.py", str(count), str(cores), str(directory)], env=workplace.environment,
      cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, timeout=600)
    return float(result.stdout.split()[-1])

  result = {
    "scalems-top, workflow (ensemble: N)": ours(workflow),
    "scalems-top, --commands": ours("--commands", commands),
    "xargs -P (output not kept)": other("xargs", "-P", str(cores), "-n", "1", "/bin/true", stdin=numbers),
    "xargs -P sh -c (output in files)": other(
      "xargs", "-P", str(cores), "-n", "1", "sh", "-c", '/bin/true > "$0.out" 2> "$0.err"', stdin=numbers),
    "GNU parallel -j": other("parallel", "--will-cite", "-j", str(cores)),
  }
  if python:
    result["HyperQueue LocalCluster"] = hyperqueue
  return result


def measure(binary, workplace, cache, count, cores, repeats):
  """Rows (name, median tasks/s, all tasks/s); the runs of the contenders alternate."""
  runs = contenders(binary, workplace, cache, count, cores)
  rates = {name: [] for name in runs}
  for repeat in range(repeats):
    for name, run in runs.items():
      rates[name].append(count / run())
      print(f"  run {repeat + 1} of {repeats}: {name}: {rates[name][-1]:.0f} tasks/s", file=sys.stderr)
  return [(name, statistics.median(values), values) for name, values in rates.items()]
