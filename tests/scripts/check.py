"""A tiny test harness: @test functions run in order, each with a fresh temporary folder."""

import os
import pathlib
import shutil
import sys
import tempfile
import traceback

REPO = pathlib.Path(__file__).resolve().parents[2]
_tests = []


def test(function):
    _tests.append(function)
    return function


def run():
    """Runs the tests whose name contains the first argument; closes with 'N passed, N failed'."""
    wanted = sys.argv[1].lower() if len(sys.argv) > 1 else ""
    passed = failed = 0
    for function in _tests:
        name = function.__doc__ or function.__name__
        if wanted not in name.lower():
            continue
        folder = pathlib.Path(tempfile.mkdtemp(prefix="tapestry test "))  # a path with spaces, on purpose
        try:
            function(folder)
            passed += 1
            print(f"ok - {name}", flush=True)
        except Exception:  # an assertion or anything else: the test failed
            failed += 1
            print(f"not ok - {name}")
            traceback.print_exc(file=sys.stdout)
        finally:
            os.chdir("/")
            shutil.rmtree(folder, ignore_errors=True)
    if passed or failed:
        print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
