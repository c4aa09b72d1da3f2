"""Whatever network, disk and user do: good data, or one line that helps.

`make faults` runs all of this and writes what was seen to `runs/faults.md`;
`make test` leaves out what takes long.
"""

import gzip
import hashlib
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pytest

from shared.data import mnist, source
from shared.data.download import SILENCE
from shared.data.idx import decode
from shared.data.source import Known, UnavailableError
from shared.training.runner import RUNS
from stages.__main__ import main
from tests.support.mirror import bomb
from tests.support.smallmnist import idx, save

LABELS = "t10k-labels-idx1-ubyte"
AT_MOST = 30  # seconds until any fault is recognised


@pytest.fixture(scope="module")
def table(request):
    """Collect a row a fault; write them if all were tried."""
    rows = []
    yield rows
    if request.config.getoption("--table"):
        lines = ["| fault | what the user saw | seconds | good copy intact |"]
        lines += ["|---|---|---|---|"]
        lines += [f"| {' | '.join(row)} |" for row in rows]
        text = "".join(f"{line}\n" for line in lines)
        RUNS.mkdir(exist_ok=True)
        (RUNS / "faults.md").write_text(text, encoding="utf-8")
        with request.config.pluginmanager.getplugin(
            "capturemanager"
        ).global_and_fixture_disabled():
            print(f"\n\n{text}")


@pytest.fixture
def note(table, tmp_path):
    """Return a function that enters what the user saw into the table."""

    def note(fault, saw, seconds, intact=True):
        saw = " ".join(saw.split()).replace(str(tmp_path), "…")
        saw = re.sub(r"127.0.0.1:\d+", "mirror", saw)
        intact = "yes" if intact else "NO"
        table.append((fault, saw or "nothing", f"{seconds:.1f}", intact))

    return note


@pytest.fixture
def cache(small):
    """Three good copies in the cache; the fourth file is to be fetched."""
    folder = source.CACHE / "mnist"
    save(folder, {n: c for n, c in small.items() if n != LABELS})
    return folder


@pytest.fixture
def get(request, note, cache, small, monkeypatch, capsys):
    """Return a function that gets MNIST from these addresses.

    It returns the exit code and what stood on stderr, after checking what
    must hold whatever happens: nothing hangs, no traceback, good copies stay
    as they are, a bad one is not kept, no temporary file is left.
    """

    def get(*addresses, fault=None):
        monkeypatch.setenv("MNIST_MIRRORS", " ".join(addresses))
        good = {path: path.read_bytes() for path in cache.glob("*.gz")}
        start = time.perf_counter()
        code = main(["data"])
        seconds = time.perf_counter() - start
        out, err = capsys.readouterr()
        after = {path: path.read_bytes() for path in cache.glob("*.gz")}
        for path, content in after.items():
            unpacked = gzip.decompress(content)
            assert unpacked == small[path.stem], f"{path} is bad"
        intact = good.items() <= after.items()
        name = fault or request.node.callspec.id.replace("_", " ")
        note(name, err or out, seconds, intact)
        assert intact
        assert seconds < AT_MOST
        assert "Traceback" not in err
        assert code in (0, 1)
        assert err.count("\n") == code
        assert (len(after) == 4) == (code == 0)
        assert not list(cache.glob(".*"))
        return code, err

    return get


def fault(name, complaint, *, slow=False):
    marks = pytest.mark.slow if slow else ()
    return pytest.param(name, complaint, id=name, marks=marks)


@pytest.mark.parametrize(
    ("manner", "complaint"),
    [
        fault("silent", "no answer in 5 s", slow=True),
        fault("headers_then_silence", "bytes in 20 s", slow=True),
        fault("byte_a_second", "less than 16,384 bytes in 20 s", slow=True),
        fault("cut_0", "connection cut off", slow=True),
        fault("cut_50", "connection cut off"),
        fault("cut_99", "connection cut off", slow=True),
        fault("length_too_large", "connection cut off", slow=True),
        fault("length_too_small", "sent a file that is cut off after"),
        fault("not_found", "answer 404 Not Found"),
        fault("forbidden", "answer 403 Forbidden"),
        fault("broken", "answer 500 Internal Server Error", slow=True),
        fault("never_available", "answer 503 Service Unavailable"),
        fault("busy_for_an_hour", "answer 429 Too Many Requests"),
        fault("redirect_loop", "redirects without end"),
        fault("redirect_to_a_file", "not an address that can be asked"),
        fault("login_page", "sent a file that is no sound gzip file"),
        fault("bit_flipped", "sent a file that has SHA-256"),
        fault("another_file", "sent a file that is longer than 1,052 bytes"),
        fault("gzip_cut_off", "sent a file that is cut off after"),
        fault("gzip_with_more_behind", "goes on after the end of its gzip"),
        fault("gzip_of_gzip", "sent a file that unpacks to more than 28"),
        fault("endless", "sent a file that is longer than 1,052 bytes"),
    ],
)
def test_a_mirror_that_fails_is_said_and_another_one_helps(
    get, mirror, manner, complaint
):
    code, err = get(mirror.url(manner))
    assert code == 1
    assert err.startswith("error: MNIST is not available: 127.0.0.1")
    assert complaint in err
    code, err = get(
        mirror.url(manner),
        mirror.url("good"),
        fault=f"{manner.replace('_', ' ')}, but the second mirror is good",
    )
    assert code == 0


@pytest.mark.parametrize(
    "manner",
    [
        "good",
        "redirect",
        "busy_for_a_second",
        "good_after_two_retries",
    ],
)
def test_what_is_slow_or_busy_but_honest_succeeds(get, mirror, manner):
    assert get(mirror.url(manner)) == (0, "")


@pytest.mark.slow
def test_a_steady_50_kb_a_second_succeeds_however_long_it_takes(
    get, mirror, small, monkeypatch
):
    random = np.random.default_rng(0)
    content = idx(random.integers(0, 256, 1_200_000, dtype=np.uint8))
    small[LABELS] = content
    sha256 = hashlib.sha256(content).hexdigest()
    monkeypatch.setitem(mnist.FILES, LABELS, Known(len(content), sha256))
    mirror.archives[f"{LABELS}.gz"] = gzip.compress(content)
    start = time.perf_counter()
    address = mirror.url("steady_50_kb_a_second")
    assert get(address, fault="steady 50 kB a second") == (0, "")
    assert time.perf_counter() - start > SILENCE


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        pytest.param(
            "http://127.0.0.1:1/", "can't be reached", id="connection refused"
        ),
        pytest.param(
            "http://no-such-host.invalid/",
            "can't be reached",
            id="name not found",
        ),
        pytest.param(
            "nonsense", "not an address that can be asked", id="no address"
        ),
    ],
)
def test_a_mirror_that_is_not_there(get, address, complaint):
    code, err = get(address)
    assert code == 1
    assert complaint in err


def test_every_mirror_bad_is_said_of_each(get, mirror):
    code, err = get(
        mirror.url("not_found"),
        "http://127.0.0.1:1/",
        fault="every mirror bad",
    )
    assert code == 1
    assert "answer 404 Not Found; 127.0.0.1:1: can't be reached." in err


def test_a_gzip_bomb_is_not_unpacked(get, mirror, monkeypatch):
    size = len(bomb())
    monkeypatch.setitem(mnist.FILES, LABELS, Known(size, "no such sum"))
    tracemalloc.start()
    try:
        code, err = get(mirror.url("gzip_bomb"), fault="gzip bomb of 1 GB")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert code == 1
    assert f"unpacks to more than {size:,} bytes" in err
    assert most < 20e6


def test_a_failure_is_remembered_for_ten_minutes(cache, mirror, monkeypatch):
    monkeypatch.setenv("MNIST_MIRRORS", mirror.url("not_found"))
    for _ in range(3):
        with pytest.raises(UnavailableError, match="404"):
            mnist.read()
        assert len(mirror.asked) == 1
    with pytest.raises(UnavailableError):
        mnist.read(insist=True)
    assert len(mirror.asked) == 2

    failed = cache / "unreachable.txt"
    os.utime(failed, times=(time.time() - 601,) * 2)
    with pytest.raises(UnavailableError):
        mnist.read()
    assert len(mirror.asked) == 3

    monkeypatch.setenv("MNIST_MIRRORS", mirror.url("good"))
    mnist.read(insist=True)
    assert not failed.exists()


def test_without_mnist_the_stand_in_takes_over_and_says_so(
    small, monkeypatch, capsys
):
    arrays = tuple(map(decode, small.values()))
    monkeypatch.setattr(mnist.standin, "load", lambda folder: arrays)
    assert mnist.load().name == "stand-in"
    notice = capsys.readouterr().err
    assert "can't be reached" in notice
    assert "Training on the stand-in" in notice
    assert "make data" in notice


def test_only_what_is_missing_is_fetched_and_it_is_kept(mirror, monkeypatch):
    monkeypatch.setenv("MNIST_MIRRORS", mirror.url("good"))
    mnist.read()
    assert mirror.asked == [f"good/{name}.gz" for name in mnist.FILES]
    mnist.read()
    assert len(mirror.asked) == 4


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        pytest.param(lambda b: b[:-3], "is cut off", id="truncated copy"),
        pytest.param(lambda b: b[:-20] + bytes(20), "", id="overwritten copy"),
        pytest.param(lambda b: b"", "is cut off", id="empty copy"),
    ],
)
@pytest.mark.parametrize("manner", ["good", "not_found"])
def test_a_damaged_copy_is_noticed_and_never_stays(
    cache,
    small,
    mirror,
    monkeypatch,
    capsys,
    note,
    request,
    damage,
    complaint,
    manner,
):
    path = cache / f"{LABELS}.gz"
    path.write_bytes(damage(gzip.compress(small[LABELS])))
    monkeypatch.setenv("MNIST_MIRRORS", mirror.url(manner))
    start = time.perf_counter()
    code = main(["data"])
    seconds = time.perf_counter() - start
    err = capsys.readouterr().err
    note(request.node.callspec.id, err, seconds)
    assert f"{LABELS}.gz {complaint}" in err
    assert "it is downloaded again" in err
    if manner == "good":
        assert code == 0
        assert gzip.decompress(path.read_bytes()) == small[LABELS]
    else:
        assert code == 1
        assert not path.exists()


def test_a_file_in_place_of_the_cache(
    small, mirror, monkeypatch, capsys, note
):
    source.CACHE.write_text("in the way")
    monkeypatch.setenv("MNIST_MIRRORS", mirror.url("good"))
    assert main(["data"]) == 1
    err = capsys.readouterr().err
    note("a file in place of the cache folder", err, 0.0)
    assert re.fullmatch(r"error: MNIST cannot be saved in .*\n", err)


def first(content, *, at, put):
    """Return `content` with other bytes `at` a place."""
    return content[:at] + put + content[at + len(put) :]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        pytest.param(
            lambda c: first(c, at=2, put=b"\x0d"),
            "has SHA-256",
            id="wrong magic number",
        ),
        pytest.param(
            lambda c: first(c, at=4, put=b"\0\0\0\x15"),
            "has SHA-256",
            id="wrong dimensions",
        ),
        pytest.param(lambda c: c[:-5], "holds 23 bytes", id="too few bytes"),
        pytest.param(
            lambda c: c + b"x", "holds more bytes", id="one byte more"
        ),
        pytest.param(
            lambda c: c + bytes(10_000), "holds more bytes", id="many more"
        ),
        pytest.param(
            lambda c: b"\0\0\x08\1" + bytes(4), "holds 8 bytes", id="no images"
        ),
        pytest.param(lambda c: c[:-1] + b"\x0a", "has SHA-256", id="label 10"),
        pytest.param(lambda c: None, "Too many levels", id="symlink loop"),
    ],
)
def test_a_wrong_file_in_a_named_folder_is_said(
    small, monkeypatch, capsys, tmp_path, note, request, wrong, complaint
):
    folder = tmp_path / "named"
    save(folder, small, suffix="")
    path = folder / LABELS
    content = wrong(small[LABELS])
    if content is None:
        path.unlink()
        path.symlink_to(path)
    else:
        path.write_bytes(content)
    monkeypatch.setenv("MNIST_DIR", str(folder))
    start = time.perf_counter()
    assert main(["data"]) == 2
    seconds = time.perf_counter() - start
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert f"{LABELS}" in err
    assert complaint in err
    note(f"MNIST_DIR: {request.node.callspec.id}", err, seconds)


PROGRAM = """
import json, os, pathlib, resource, sys
from shared.data import mnist, source
from shared.data.idx import decode
from shared.data.source import Known, UnavailableError
from shared.data.download import SILENCE
from stages.__main__ import main
given = json.loads(sys.argv[1])
source.CACHE = pathlib.Path(given["cache"])
mnist.FILES = {k: Known(*v) for k, v in given["files"].items()}
if given["limit"]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (given["limit"],) * 2)
if given["user"]:
    os.seteuid(given["user"])
print("ready", flush=True)
sys.exit(main(["data"]))
"""


@pytest.fixture
def begin(small, monkeypatch):
    """Return a function that gets MNIST in a process of its own."""

    def begin(address, limit=None, user=None):
        monkeypatch.setenv("MNIST_MIRRORS", address)
        given = {
            "cache": str(source.CACHE),
            "files": mnist.FILES,
            "limit": limit,
            "user": user,
        }
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, json.dumps(given)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return begin


@pytest.fixture
def end(note):
    """Return a function that waits for a process and notes what it said."""

    def end(process, fault):
        start = time.perf_counter()
        out, err = process.communicate(timeout=60)
        seconds = time.perf_counter() - start
        assert "Traceback" not in err
        note(fault, err or out.removeprefix("ready\n"), seconds)
        return process.returncode, err

    return end


def is_whole(small):
    """Tell whether the cache holds good copies and nothing temporary."""
    folder = source.CACHE / "mnist"
    found = {p.name: gzip.decompress(p.read_bytes()) for p in folder.iterdir()}
    return found == {f"{name}.gz": c for name, c in small.items()}


def test_a_full_disk_is_one_line(begin, end, mirror, small):
    code, err = end(begin(mirror.url("good"), limit=4096), "disk full")
    assert code == 1
    assert re.fullmatch(
        r"error: MNIST cannot be saved in .*File too large\n", err
    )
    assert not list((source.CACHE / "mnist").glob(".*"))
    again = begin(mirror.url("good"))
    assert end(again, "disk full, then not") == (0, "")
    assert is_whole(small)


def let_in_another_user(folder):
    """Return a user whom permissions bind; None if we are such a one.

    Root may read and write anywhere. The way to `folder` is opened.
    """
    if os.geteuid() != 0:
        return None
    for above in folder.parents:
        if above.stat().st_mode & 0o011 != 0o011:
            above.chmod(above.stat().st_mode | 0o011)
    return 65534


@pytest.mark.skipif(
    not hasattr(os, "geteuid"), reason="needs the users of a Unix"
)
def test_a_cache_that_is_read_only_is_one_line(begin, end, mirror):
    source.CACHE.mkdir(mode=0o555)
    user = let_in_another_user(source.CACHE)
    code, err = end(
        begin(mirror.url("good"), user=user), "cache folder read-only"
    )
    assert code == 1
    assert re.fullmatch(
        r"error: MNIST cannot be saved in .*Permission denied\n", err
    )


@pytest.mark.skipif(
    not hasattr(os, "geteuid"), reason="needs the users of a Unix"
)
def test_a_named_folder_that_is_unreadable_is_one_line(
    begin, end, small, monkeypatch, tmp_path
):
    folder = tmp_path / "named"
    save(folder, small)
    (folder / f"{LABELS}.gz").chmod(0)
    monkeypatch.setenv("MNIST_DIR", str(folder))
    user = let_in_another_user(folder)
    code, err = end(begin("", user=user), "MNIST_DIR: unreadable")
    assert code == 2
    assert re.fullmatch(
        rf"error: MNIST_DIR is not MNIST: .*{LABELS}.gz: Permission denied\n",
        err,
    )


@pytest.mark.parametrize("n", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_several_processes_fetch_at_once(begin, end, mirror, small, n):
    processes = [begin(mirror.url("good")) for _ in range(n)]
    for process in processes:
        assert end(process, f"one of {n} processes at once") == (0, "")
    assert is_whole(small)
    assert len(mirror.asked) == 4


@pytest.mark.parametrize(
    ("sign", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)]
)
def test_a_run_that_is_stopped_in_the_middle_leaves_the_next_one_unharmed(
    begin, end, mirror, small, sign, code
):
    process = begin(mirror.url("headers_then_silence"))
    while not mirror.asked:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(sign)
    stopped, err = end(process, f"{sign.name} in the middle")
    assert stopped == code
    folder = source.CACHE / "mnist"
    if sign == signal.SIGINT:
        assert err == "interrupted\n"
        assert list(folder.iterdir()) == []
    else:
        assert len(list(folder.iterdir())) == 1
    again = begin(mirror.url("good"))
    assert end(again, f"the next run after {sign.name}") == (0, "")
    assert is_whole(small)


def test_a_proxy_in_the_environment_is_used_and_no_proxy_heeded(
    get, mirror, monkeypatch
):
    proxy = f"http://127.0.0.1:{mirror.server_port}"
    monkeypatch.setenv("http_proxy", proxy)
    code, _ = get("http://mnist.invalid/good/", fault="by a proxy")
    assert code == 0
    assert mirror.asked == [f"good/{LABELS}.gz"]

    (source.CACHE / "mnist" / f"{LABELS}.gz").unlink()
    monkeypatch.setenv("no_proxy", "mnist.invalid")
    code, err = get("http://mnist.invalid/good/", fault="NO_PROXY")
    assert code == 1
    assert "can't be reached" in err


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl")
def test_certificates_are_verified(get, mirror, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"),
            *("-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    mirror.socket = context.wrap_socket(mirror.socket, server_side=True)
    address = mirror.url("good").replace("http:", "https:")
    code, err = get(address, fault="certificate signed by nobody")
    assert code == 1
    assert "no valid certificate" in err
