"""What a Python backend may do at any time: source text of a statement, and the exit codes of `run` that are right."""

from __future__ import annotations

#: Ends, exceptions and waits. Where a case is judged, an exception fails it; elsewhere the backend cannot run.
CRASHES = {
    "exception": "raise Exception('lost')",
    "exception-without-text": "raise Exception",
    "exception-whose-text-fails": "raise type('Bad', (Exception,), {'__str__': lambda self: 1 // 0})()",
    "exception-whose-text-is-none": "raise type('Bad', (Exception,), {'__str__': lambda self: None})()",
    "exception-whose-repr-exits": "raise type('Bad', (Exception,), {'__str__': lambda s: exit(0), '__repr__': exit})()",
    "exception-with-hostile-text": "raise ValueError('\\x1b[2J\\u202e\\ud800```|<script>\\r\\n::error::x')",
    "exception-with-much-text": "raise ValueError('x' * 10_000_000)",
    "exception-of-hostile-name": "raise type('\\x1b[2J', (Exception,), {})()",
    "base-exception": "raise type('Own', (BaseException,), {})('lost')",
    "keyboard-interrupt": "raise KeyboardInterrupt",
    "generator-exit": "raise GeneratorExit",
    "stop-iteration": "raise StopIteration",
    "stop-async-iteration": "raise StopAsyncIteration",
    "exception-group": "raise BaseExceptionGroup('x', [KeyboardInterrupt(), SystemExit(0)])",
    "memory-error": "raise MemoryError",
    "os-error": "raise BrokenPipeError(32, 'Broken pipe')",
    "recursion": "f = lambda: f(); f()",
    "raises-a-chain": "\ntry:\n    1 // 0\nexcept Exception as e:\n    raise KeyError(e) from e",
    "asks-for-much-memory": "bytearray(1 << 45)",
}
#: Ends of the process.
ENDS = {
    "sys-exit-0": "import sys; sys.exit(0)",
    "sys-exit-none": "raise SystemExit",
    "sys-exit-text": "raise SystemExit('no licence')",
    "sys-exit-7": "raise SystemExit(7)",
    "os-exit-0": "import os; os._exit(0)",
    "os-exit-7": "import os; os._exit(7)",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "terminated": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "hung-up": "import os, signal; os.kill(os.getpid(), signal.SIGHUP)",
    "interrupted": "import os, signal; os.kill(os.getpid(), signal.SIGINT)",
    "aborted": "import os; os.abort()",
    "crash": "import ctypes; ctypes.string_at(0)",
    "hang": "import time; time.sleep(100)",
    "endless-loop": "\nwhile True:\n    pass",
    "hang-deaf": "import signal, time\nfor n in (1, 2, 15):\n    signal.signal(n, signal.SIG_IGN)\ntime.sleep(100)",
    "stopped": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
}
#: What makes later numbers wrong, or may.
MODES = {
    "rounds-up": "import ctypes; ctypes.CDLL('libm.so.6').fesetround(0x800)",
    "flushes-subnormals": (
        "import ctypes, mmap\n"
        "code = mmap.mmap(-1, 4096, prot=7)\n"
        "code.write(bytes.fromhex('0fae17c3'))\n"
        "at = ctypes.addressof(ctypes.c_char.from_buffer(code))\n"
        "ctypes.CFUNCTYPE(None, ctypes.c_void_p)(at)(ctypes.byref(ctypes.c_uint32(0x9fc0)))\n"
        "globals().setdefault('kept', []).append(code)"
    ),
}
#: What does not touch the port's numbers: it may be a fault, and must not spoil anything.
NUISANCES = {
    "prints": "print('step 1 done')",
    "prints-a-verdict": 'print(\'{"exit_code": 0, "backends": []}\')',
    "writes-on-stdout": "import os; os.write(1, b'Welcome to the port\\n')",
    "writes-on-stderr": "import os; os.write(2, b'\\x1b[2J\\xff' * 100_000)",
    "closes-stdout": "import os; os.close(1)",
    "closes-stdin": "import os; os.close(0)",
    "closes-stderr": "import os; os.close(2)",
    "no-stdout": "import sys; sys.stdout = sys.stderr = sys.stdin = None",
    "closes-everything": "import os; os.closerange(0, 100)",
    "reads-stdin": "import sys; sys.stdin.readline()",
    "child": "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])",
    "daemon": (
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True, env={},\n"
        "                 stdin=-3, stdout=-3, stderr=-3)"
    ),
    "fork": "import os, time\nif os.fork() == 0:\n    time.sleep(60)\n    os._exit(0)",
    "thread": "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()",
    "daemon-thread": "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "failing-thread": "import threading; threading.Thread(target=lambda: 1 // 0).start()",
    "exits-at-exit": "import atexit, os; atexit.register(os._exit, 0)",
    "fails-at-exit": "import atexit; atexit.register(lambda: 1 // 0)",
    "exits-politely-at-exit": "import atexit, sys; atexit.register(sys.exit, 0)",
    "hangs-at-exit": "import atexit, time; atexit.register(time.sleep, 60)",
    "warnings-as-errors": "import warnings; warnings.simplefilter('error'); ",
    "warns": "import warnings; warnings.warn('old')",
    "numpy-errors": "import numpy; numpy.seterr(all='ignore')",
    "numpy-printing": "import numpy; numpy.set_printoptions(precision=1, formatter={'all': lambda x: 1 // 0})",
    "shallow-recursion": "import sys; sys.setrecursionlimit(max(120, len(__import__('inspect').stack()) + 60))",
    "other-folder": "import os; os.chdir('/')",
    "no-environment": "import os; os.environ.clear()",
    "no-modules": "import sys; sys.path.clear(); sys.modules.pop('json', None)",
    "other-json": "import json; json.dumps = lambda *a, **k: '{}'; json.loads = lambda *a, **k: {}",
    "other-decimals": "import decimal; decimal.getcontext().prec = 1",
    "other-digits": "import sys; sys.set_int_max_str_digits(640)",
    "other-signals": "import signal\nfor n in (1, 2, 15):\n    signal.signal(n, signal.SIG_IGN)",
    "alarm": "import signal; signal.signal(14, lambda *a: 1 // 0); signal.setitimer(0, 0.2, 0.2)",
    "tracer": "import sys; sys.settrace(lambda *a: None)",
    "hook": "import sys; sys.excepthook = sys.unraisablehook = lambda *a: exit(0)",
    "builtins": "import builtins; builtins.open = builtins.print = None",
    "no-garbage": "import gc; gc.disable(); gc.set_threshold(1)",
    "lenient-judge": (
        "import sys\n"
        "m = sys.modules.get('dl4j_conformance.judging.comparison')\n"
        "if m: m.differences = lambda *a, **k: ()"
    ),
    "few-descriptors": "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))",
    "group-leader": "import os\ntry:\n    os.setsid()\nexcept OSError:\n    pass",
}
