"""Runs the tests of a file some at a time, each in a process of its own: for those that mostly
wait, for a campaign or a calendar. A test must share nothing with the others but the machine; even
the temporary folder is its own, for jobs on one machine take turns by a lock in there.

    if __name__ == "__main__":
        ROOFSCAPE = os.path.abspath(sys.argv.pop(1))
        side_by_side.main()

With names of tests on the command line (Class.test_x) it runs those here, one after the other.
"""

import concurrent.futures
import os
import subprocess
import sys
import tempfile
import time
import unittest

AT_A_TIME = 3
# Of the script as it was called, before it takes its own words out.
COMMAND = [sys.executable, *sys.argv]


def names():
    """Class.test_x of every test of the script."""
    found, left = [], [unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])]
    while left:
        for test in left.pop():
            if isinstance(test, unittest.TestSuite):
                left.append(test)
            else:
                found.append(".".join(test.id().split(".")[-2:]))
    return found


def run(name):
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="side-") as folder:
        done = subprocess.run([*COMMAND, name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", env=dict(os.environ, TMPDIR=folder),
                              check=False)
    return name, done.returncode, done.stdout, time.monotonic() - begun


def main():
    if len(sys.argv) > 1:
        unittest.main()
    failed = []
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        for name, status, text, seconds in pool.map(run, names()):
            print(f"{'ok' if status == 0 else 'FAILED':6} {seconds:6.1f} s  {name}", flush=True)
            if status != 0:
                failed.append(name)
            if status != 0 or "skipped=" in text:
                print(text, flush=True)
    print(f"{len(failed)} failed: {' '.join(failed)}" if failed else "all passed")
    sys.exit(1 if failed else 0)
