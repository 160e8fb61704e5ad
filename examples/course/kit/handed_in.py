"""What somebody handed in: its files, the seed that they are graded with, and what in them is worth a look."""

import hashlib
import json
import re
import zipfile
from pathlib import Path

from .draw import sealed
from .unit import Problem
from .version import version

LARGEST = 1 << 20  # bytes of one file; a unit's own has a few thousand
RELEASE = "unit.json"  # what a release says about itself (work.py)
MOST_FILES = 2000  # that are looked at in one submission


def files_of(unit, place):
    """The files to grade, by name, from a folder or a zip: of two with one name the one that lies higher. A file
    that is missing is missing here too."""
    place = Path(place)
    try:
        entries = zipped(place) if place.is_file() else lying_in(place)
    except OSError as error:
        raise Problem(f"{place} cannot be read: {error}") from None
    found = {name: entries[name] for name in [*unit.handed_in, RELEASE] if name in entries}
    for name, data in found.items():
        if isinstance(data, int):
            raise Problem(f"{name} has {data:,} bytes; {LARGEST:,} are the most")
    return found


def lying_in(folder):
    found = {}
    for number, path in enumerate(sorted(folder.rglob("*"), key=lambda path: (len(path.parts), path))):
        if number == MOST_FILES:
            raise Problem(f"{folder} holds more than {MOST_FILES} files: is it a whole build folder?")
        # A link might lead out of the folder, to a file that is nobody's business.
        if path.name not in found and path.is_file() and not path.is_symlink():
            size = path.stat().st_size  # of one that is too large nothing else is wanted
            found[path.name] = path.read_bytes() if size <= LARGEST else size
    return found


def zipped(file):
    found = {}
    try:
        with zipfile.ZipFile(file) as archive:
            infos = sorted(archive.infolist()[:MOST_FILES], key=lambda info: (info.filename.count("/"), info.filename))
            for info in infos:
                name = info.filename.rsplit("/", 1)[-1]
                link = info.external_attr >> 28 == 0xA
                if name and name not in found and not link:
                    found[name] = archive.read(info) if info.file_size <= LARGEST else info.file_size
    except Exception as error:  # a damaged zip fails in many ways, as zlib.error and EOFError
        raise Problem(f"{file} cannot be read as a zip: {error}") from None
    return found


def seed_of(files):
    """The seed that these files are graded with. It follows from them, so a grade can be repeated; and it is
    another one after any change, so a program cannot hold answers that were looked up for it."""
    digest = hashlib.sha256()
    for name, data in sorted(files.items()):
        if name == RELEASE:
            continue
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return 2 + int.from_bytes(digest.digest()[:4], "big") % (2**31 - 2)


def other_release(unit, files):
    """Why these files cannot be graded here, when they were begun with another release of the unit."""
    try:
        about = json.loads(files[RELEASE])
        begun, now = str(about["version"]), version(unit)
    except (KeyError, ValueError, TypeError, RecursionError):
        return None  # files without a release are graded as they are
    if begun == now:
        return None
    return (f"this was begun with the release {begun[:12]} of {unit.name}, variation {str(about.get('variation'))[:20]}, and the grader has "
            f"{now}, variation {unit.variation}. Grade it with that release, or say --any-release."
            + (" It was drawn for somebody else: --secret FILE and --student ID say for whom." if about.get("drawn", sealed({})) != sealed(unit.drawn) else ""))


# What no unit needs. Nothing here changes a grade: the verdict is made elsewhere (grade.py). It tells a person
# where to look.
WORTH_A_LOOK = [
    (r"__attribute__\s*\(\(.*constructor|\.init_array", "code that runs before main"),
    (r"^\s*(static|const|auto|int|bool)[^(){};]*=\s*\[[&=]?\]\s*(\(\s*\))?\s*(->\s*\w+\s*)?\{", "code that runs before main"),
    (r"\bint\s+main\s*\(", "a main function of its own"),
    (r"\b(fork|vfork|clone|posix_spawn\w*|system|popen|execl\w*|execv\w*|setsid)\s*\(", "starts programs or processes"),
    (r"\b(ptrace|process_vm_\w+)\s*\(", "looks into other processes"),
    (r"\b(t?g?kill|sigqueue|raise|signal|sigaction)\s*\(", "signals"),
    (r"\b_?_?[eE]xit\s*\(|\babort\s*\(|\bquick_exit\s*\(", "ends the program"),
    (r"/proc\b|/sys/", "files about processes"),
    (r"\b(dlopen|dlsym|mprotect|mmap|syscall)\s*\(", "goes around the language"),
    (r"\b(asm|__asm__)\b|\.incbin", "assembler, which can carry files in"),
    (r"\b(socket|connect|bind|getaddrinfo)\s*\(", "the network"),
    (r"\b(fopen|freopen|creat|unlink|remove|remove_all|rename|mkdir|truncate|ofstream|ifstream|fstream|opendir|"
     r"directory_iterator|symlink)\b", "files"),
    (r"#\s*include\s*[\"<][^\">]*(\.\.|\.cpp|^/|/dev/|/etc/)", "includes what is not given"),
    (r"#\s*include\s*[\"<](checks|answers|roster|failure|variation|agree)\.hpp", "includes the harness of the checks"),
    (r"\bcourse::(?!todo\b)\w+|namespace\s+course\b", "names parts of the checks"),
    (r"\b(time|clock|clock_gettime|gettimeofday|getenv|gethostname|getpid|getppid)\s*\(|_clock::now", "asks where and when it runs"),
    (r"\b(std::)?(thread|jthread|async)\s*[({]|pthread_create", "threads"),
]


def worth_a_look(files):
    """Lines such as "tape.cpp:12: starts programs or processes"."""
    told = []
    for name, data in sorted(files.items()):
        if not name.endswith((".cpp", ".hpp")):
            continue
        for number, line in enumerate(data.decode(errors="replace").splitlines(), 1):
            code = line[:1000].split("//")[0]
            told += [f"{name}:{number}: {what}" for pattern, what in WORTH_A_LOOK if re.search(pattern, code)]
    return told[:20]
