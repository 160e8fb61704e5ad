#!/usr/bin/env python3
"""Trains mnist_vae on images of one's own, and on files that are none.

usage: own_data_test.py PROGRAM [--update]

own_data.txt holds the line that answers each bad file; --update writes it anew.
"""
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

sys.dont_write_bytecode = True
here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / "support"))
from claims import check, close  # noqa: E402
from image_files import archive, chunk, npy, png  # noqa: E402

PROGRAM = str(Path(sys.argv[1]).resolve())
UPDATE = "--update" in sys.argv
SMALL = ["--hidden", "8", "--latent", "2", "--epochs", "1", "--batch", "16", "--threads", "1"]
N = 20
dice = random.Random(4)
GREY = bytes(dice.randrange(256) for _ in range(N * 8 * 8))
folder = Path(tempfile.mkdtemp(prefix="tapestry-own-data-"))
env = {k: v for k, v in os.environ.items() if k != "TAPESTRY_DATA"}


def run(*flags):
    return subprocess.run([PROGRAM, *map(str, flags)], cwd=folder, env=env, capture_output=True, text=True, timeout=120)


def put(name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return content


def floats(values, code="<f4"):
    return npy([len(values) // 16, 4, 4], struct.pack(f"{code[0]}{len(values)}{'f' if code[2] == '4' else 'd'}", *values), code)


def bad_files():
    """Yields (what is wrong, the path for --data); the files are written on the way."""
    good = npy([N, 8, 8], GREY)
    other = npy([N, 8, 8], GREY, version=9)

    def array(what, content, name="a.npy"):
        path = f"{len(seen):02}/{name}"
        put(path, content)
        seen.append(what)
        return what, path

    def tree(what, files):
        top = f"{len(seen):02}/faces"
        for name, content in files.items():
            put(f"{top}/{name}", content) if content is not None else (folder / top / name).mkdir(parents=True)
        seen.append(what)
        return what, top

    seen = []
    # arrays
    yield "no such file", "nowhere.npy"
    yield array("empty file", b"")
    yield array("no array", b"these are no numbers at all")
    yield array("zip named .npy", archive({"x.npy": good}))
    yield array("gzip", zlib.compress(good, wbits=31))
    yield array("pickle", b"\x80\x04\x95rest")
    yield array("picture named .npy", png(4, 4, bytes(16)))
    yield array("cut in the magic", good[:4])
    yield array("cut in the header", good[:40])
    yield array("format of the future", other)
    yield array("header no dictionary", npy([], b"", header="[1, 2, 3]"))
    yield array("header without an order", npy([], b"", header="{'descr': '|u1', 'shape': (3, 2, 2)}"))
    yield array("header with letters for sizes", npy([], b"", header="{'descr': '|u1', 'fortran_order': False, 'shape': (a,)}"))
    yield array("sizes of 30 digits", npy([], b"", header="{'descr': '|u1', 'fortran_order': False, 'shape': (%s,)}" % ("9" * 30)))
    yield array("sizes that overflow", npy([2**40, 2**40, 2**40], b"1234"))
    yield array("cut in the data", good[:-5])
    yield array("bytes too many", good + b"xyz")
    yield array("no images", npy([0, 8, 8], b""))
    for what, descr in [("objects", "|O"), ("texts", "<U5"), ("dates", "<M8[s]"), ("complex", "<c8"), ("long doubles", "<f16"),
                        ("void", "|V3"), ("nonsense dtype", "<x4"), ("whole numbers of 3 bytes", "<i3")]:
        yield array(what, npy([2, 2, 2], bytes(128), descr))
    yield array("records", npy([], b"", header="{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (3,)}"))
    yield array("rows of 784", npy([3, 784], bytes(3 * 784)))
    yield array("rows of 10", npy([3, 10], bytes(30)))
    yield array("labels as images", npy([5], bytes(5)))
    yield array("five axes", npy([2, 2, 2, 2, 2], bytes(32)))
    yield array("transparency", npy([2, 4, 4, 4], bytes(128)))
    yield array("two channels", npy([2, 5, 5, 2], bytes(100)))
    yield array("channels on either axis", npy([2, 3, 5, 3], bytes(90)))
    yield array("NaN", floats([0.5, float("nan")] + [0.0] * 30))
    yield array("infinity", floats([0.5, float("inf")] + [0.0] * 30))
    yield array("floats to 255", floats([255.0, 3.0] + [0.0] * 30, ">f8"))
    yield array("floats from -1", floats([-1.0, 1.0] + [0.0] * 30))
    yield array("floats of any size", floats([-20.0, 1000.0] + [0.0] * 30))
    yield array("16-bit grey", npy([2, 2, 2], struct.pack("<8H", *range(0, 65536, 8192)), "<u2"))
    yield array("negative whole numbers", npy([2, 2, 2], struct.pack("<8h", *range(-4, 4)), "<i2"))
    yield array("one image", npy([1, 8, 8], GREY[:64]))
    # labels beside an array
    for what, labels in [("labels too few", npy([3], bytes(3))), ("labels as floats", npy([N], struct.pack(f"<{N}f", *range(N)), "<f4")),
                         ("one-hot labels", npy([N, 10], bytes(10 * N))), ("label -1", npy([N], b"\xff" * N, "|i1")),
                         ("label 1000", npy([N], struct.pack(f"<{N}i", *[1000] * N), "<i4")), ("labels cut", npy([N], bytes(N - 2)))]:
        case = array(what, good)
        put(case[1].replace("a.npy", "a.labels.npy"), labels)
        yield case
    # archives
    yield array("no archive", good, "a.npz")
    yield array("archive cut", archive({"x.npy": good})[:-30], "a.npz")
    yield array("archive without arrays", archive({}), "a.npz")
    yield array("archive of other names", archive({"faces.npy": good, "ages.npy": good}), "a.npz")
    yield array("archive with a false checksum", archive({"x.npy": good}, crc=7), "a.npz")
    yield array("archive with a false size", archive({"x.npy": good}, size=10**9), "a.npz")
    yield array("archive with damaged data", archive({"x.npy": good}, packed=b"\xff" * 50), "a.npz")
    yield array("archive with a cut list", archive({"x.npy": good}, cut_list=9), "a.npz")
    yield array("archive with a password", archive({"x.npy": good}, flags=1), "a.npz")
    yield array("archive packed by bzip2", archive({"x.npy": good}, method=12), "a.npz")
    yield array("archive in parts", archive({"x.npy": good}, disk=3), "a.npz")
    yield array("archive of 4 GB", archive({"x.npy": good}, count=0xffff), "a.npz")
    yield array("no array in the archive", archive({"x.npy": b"hello"}), "a.npz")
    yield array("labels for one part", archive({"x_train.npy": good, "y_train.npy": npy([N], bytes(N)), "x_test.npy": good}), "a.npz")
    yield array("test images of another size", archive({"x_train.npy": good, "x_test.npy": npy([N, 4, 16], GREY)}), "a.npz")
    # pictures
    two = png(4, 4, bytes(16))
    yield array("one picture", two, "a.png")
    yield tree("folder without pictures", {"train": None, "test": None})
    yield tree("JPEG by name", {"a.png": two, "b.jpg": b"\xff\xd8\xff"})
    yield tree("JPEG named .png", {"a.png": two, "b.png": b"\xff\xd8\xff\xe0rest of it"})
    yield tree("no PNG", {"a.png": b"GIF89a......................................"})
    yield tree("PNG empty", {"a.png": two, "b.png": b""})
    yield tree("PNG cut in the header", {"a.png": two[:20]})
    yield tree("PNG cut in the data", {"a.png": two[:50]})
    yield tree("PNG without an end", {"a.png": png(4, 4, bytes(16), end=False)})
    yield tree("PNG with bytes behind it", {"a.png": two + b"tail"})
    yield tree("PNG with a false checksum", {"a.png": png(4, 4, bytes(16), damage=1)})
    yield tree("PNG with damaged data", {"a.png": png(4, 4, bytes(16), idat=b"not zlib at all")})
    yield tree("PNG with another first chunk", {"a.png": png(4, 4, bytes(16), first=b"tEXt")})
    yield tree("PNG of 16 bits", {"a.png": png(4, 4, bytes(32), bits=16)})
    yield tree("PNG with a palette", {"a.png": png(4, 4, bytes(16), kind=3, more=chunk(b"PLTE", bytes(9)))})
    yield tree("PNG with grey and alpha", {"a.png": png(4, 4, bytes(32), kind=4)})
    yield tree("PNG with RGB and alpha", {"a.png": png(4, 4, bytes(64), kind=6)})
    yield tree("PNG of colour type 5", {"a.png": png(4, 4, bytes(16), kind=5)})
    yield tree("PNG of 0 rows", {"a.png": png(4, 4, bytes(16), size=(4, 0))})
    yield tree("PNG of 30,000 x 30,000", {"a.png": png(4, 4, bytes(16), size=(30000, 30000))})
    yield tree("pictures of two sizes", {"a.png": two, "b.png": png(4, 5, bytes(20))})
    yield tree("grey and colour", {"a.png": two, "b.png": png(4, 4, bytes(48), kind=2)})
    yield tree("pictures beside classes", {"a.png": two, "cats/b.png": two})
    yield tree("a class without pictures", {"cats/a.png": two, "dogs": None})
    yield tree("classes in classes", {"cats/small/a.png": two})
    yield tree("a class to test on alone", {"train/cats/a.png": two, "test/dogs/a.png": two})
    yield tree("classes in one part", {"train/cats/a.png": two, "test/a.png": two})


def refusals():
    told = {}
    for what, path in bad_files():
        r = run("--data", path, *SMALL, "--out", "bad")
        lines = r.stderr.strip().splitlines()
        check(f"{what}: refused", r.returncode == 1 and len(lines) == 1, f"  status {r.returncode}\n{r.stderr}{r.stdout}")
        line = lines[0] if lines else ""
        check(f"{what}: names the file", line.startswith(f"mnist_vae: {path}") or line.startswith("mnist_vae: ") and str(Path(path).parent) in line, line)
        rest = line.split(path.split("/")[0] + "/", 1)[-1]
        told[what] = rest
        shutil.rmtree(folder / "bad", ignore_errors=True)
    golden = here / "own_data.txt"
    if UPDATE:
        golden.write_text("".join(f"{what}\n    {line}\n" for what, line in told.items()))
    lines = golden.read_text().splitlines()
    expected = dict(zip(lines[::2], (line.strip() for line in lines[1::2])))
    check("at least 60 bad files", len(told) >= 60, str(len(told)))
    for what, line in told.items():
        check(f"{what}: the line of own_data.txt", expected.get(what) == line, f"  expected {expected.get(what)}\n  got      {line}")
    check("own_data.txt has no other lines", set(expected) == set(told), str(set(expected) ^ set(told)))
    for flags, words in [(["--holdout", "0"], "--holdout"), (["--holdout", "1"], "below 1"), (["--resize", "0"], "--resize 0"),
                         (["--resize", "4x"], "24x32"), (["--resize", "9999"], "4096")]:
        put("good.npy", npy([N, 8, 8], GREY))
        r = run("--data", "good.npy", *SMALL, *flags, "--out", "bad")
        check(f"{flags} refused", r.returncode == 2 and words in r.stderr, r.stderr)
    r = run("--data", "strokes", "--holdout", "0.2", *SMALL, "--out", "bad")
    check("--holdout for other data", r.returncode == 2 and "means nothing with --data strokes" in r.stderr, r.stderr)


def trained(path, out, *flags):
    """The bytes of a model after an epoch, and what the program printed."""
    r = run("--data", path, *SMALL, *flags, "--out", out)
    check(f"{path} trains", r.returncode == 0, r.stderr)
    model = folder / out / "model.safetensors"
    return model.read_bytes() if model.exists() else b"", r.stdout


def by_hand():
    """The same images give the same model, from every kind of file."""
    put("a.npy", npy([N, 8, 8], GREY))
    expected, text = trained("a.npy", "of_npy")
    check("the header has the values and the split", "18 + 2 images 8x8" in text and "uint8" in text and "drawn by seed 1" in text, text)
    check("grey values are no coins, and the header says so", "--decoder gaussian --binarize none" in text, text)
    for version in [2, 3]:
        put(f"v{version}.npy", npy([N, 8, 8], GREY, version=version))
        check(f"format {version}", trained(f"v{version}.npy", f"v{version}")[0] == expected)
    put("z.npz", archive({"images.npy": npy([N, 8, 8], GREY)}))
    put("stored.npz", archive({"x.npy": npy([N, 8, 8], GREY)}, method=0))
    for i in range(N):
        put(f"pictures/{i:02}.png", png(8, 8, GREY[64 * i:64 * i + 64]))
    put("pictures/.hidden.jpg", b"")
    put("pictures/notes.txt", b"mine")
    for path in ["z.npz", "stored.npz", "pictures"]:
        check(f"{path}: the model of a.npy", trained(path, f"of_{path}")[0] == expected)
    check("another seed holds out others", trained("a.npy", "s2", "--seed", "2")[0] != expected)
    r = run("--load", "of_npy", "--seed", "5")
    last = json.loads((folder / "of_npy/metrics.jsonl").read_text().splitlines()[-1])
    check("--load with another seed has the images of the run", r.returncode == 0 and "18 + 2 images" in r.stdout, r.stderr)
    del last
    check("--resize of nothing changes nothing", trained("pictures", "r8", "--resize", "8")[0] == expected)
    trained("pictures", "r4", "--resize", "4x8")
    # labels and classes
    put("a.labels.npy", npy([N], bytes(i % 3 for i in range(N))))
    text = trained("a.npy", "cond", "--model", "conditional")[1]
    check("labels are read", "3 classes" in text, text)
    for i in range(N):
        for part in ["train", "test"]:
            put(f"classes/{part}/{'ab'[i % 2]}/{i:02}.png", png(8, 8, GREY[64 * i:64 * i + 64]))
    text = trained("classes", "classed", "--model", "conditional")[1]
    check("folders are classes and parts", "20 + 20 images" in text and "2 classes" in text and "drawn by" not in text, text)
    train, test, keras = npy([N, 8, 8], GREY), npy([5, 8, 8], GREY[:320]), npy([N], bytes(i % 4 for i in range(N)))
    put("keras.npz", archive({"x_train.npy": train, "y_train.npy": keras, "x_test.npy": test, "y_test.npy": npy([5, 1], bytes(5))}))
    text = trained("keras.npz", "keras", "--model", "conditional")[1]
    check("an archive with a test part", "20 + 5 images" in text and "4 classes" in text, text)
    # bits of a picture
    bits = bytes(dice.randrange(256) for _ in range(8 * N))
    for i in range(N):
        put(f"bits/{i:02}.png", png(8, 8, bits[8 * i:8 * i + 8], bits=1))
    put("bits.npy", npy([N, 8, 8], bytes(255 if byte >> (7 - k) & 1 else 0 for byte in bits for k in range(8))))
    check("pictures of one bit", trained("bits", "bits_png")[0] == trained("bits.npy", "bits_npy")[0])


def colour():
    """Colour images through every model that takes them; pictures are drawn in colour."""
    rgb = bytes(dice.randrange(256) for _ in range(N * 8 * 8 * 3))
    put("rgb.npy", npy([N, 8, 8, 3], rgb))
    planes = b"".join(rgb[192 * i + c:192 * i + 192:3] for i in range(N) for c in range(3))
    put("planes.npy", npy([N, 3, 8, 8], planes))
    for i in range(N):
        put(f"rgb/{i:02}.png", png(8, 8, rgb[192 * i:192 * i + 192], kind=2))
    expected, text = trained("rgb.npy", "rgb1")
    check("the header says colour", "8x8 in colour" in text and "192-8-2" in text, text)
    check("channels first", trained("planes.npy", "rgb2")[0] == expected)
    check("PNG in colour", trained("rgb", "rgb3")[0] == expected)
    for name in ["reconstructions", "samples", "interpolations", "manifold"]:
        head = (folder / f"rgb1/{name}.png").read_bytes()[:26]
        check(f"{name}.png is in colour", head[25] == 2, str(head))
    check("grey pictures are grey", (folder / "of_npy/samples.png").read_bytes()[25] == 0)
    put("rgb.labels.npy", npy([N], bytes(i % 2 for i in range(N))))
    for model, flags in [("conv", SMALL), ("conditional", SMALL), ("ladder", ["--hidden", "8,4", *SMALL[2:]]), ("vq", ["--codes", "8", *SMALL[2:]])]:
        r = run("--data", "rgb.npy", "--model", model, *flags, "--out", f"rgb_{model}")
        check(f"{model} in colour", r.returncode == 0, r.stderr)
        check(f"{model}: samples in colour", (folder / f"rgb_{model}/samples.png").read_bytes()[25] == 2)
    r = run("--data", "rgb.npy", "--model", "pixel", *SMALL, "--out", "rgb_pixel")
    check("the pixel model refuses colour", r.returncode == 2 and "takes grey images" in r.stderr, r.stderr)


def by_numpy():
    """Arrays as NumPy writes them: every dtype, order and byte order trains to the same model."""
    try:
        import numpy as np
    except ImportError:
        print("note: arrays of NumPy itself are not tested, it is not installed (package python3-numpy)")
        return
    levels = np.frombuffer(GREY, np.uint8).reshape(N, 8, 8)
    np.save(folder / "n.npy", levels)
    expected = trained("n.npy", "n0")[0]
    half = levels // 2  # 0 to 127, for int8
    np.save(folder / "h.npy", half)
    of_half = trained("h.npy", "h0")[0]
    count = 0
    for dtype in ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]:
        for order in "CF":
            for end in "<>":
                values = half if dtype == "i1" else levels
                array = np.array(values / 255 if dtype[0] == "f" else values, dtype=end + dtype, order=order)
                count += 1
                np.save(folder / f"{count}.npy", array)
                check(f"numpy {end}{dtype} {order}", trained(f"{count}.npy", f"n{count}")[0] == (of_half if dtype == "i1" else expected))
    np.save(folder / "bool.npy", levels > 127)
    np.save(folder / "full.npy", np.where(levels > 127, 255, 0).astype(np.uint8))
    check("numpy bool", trained("bool.npy", "nb")[0] == trained("full.npy", "nf")[0])
    np.savez(folder / "plain.npz", images=levels)
    np.savez_compressed(folder / "small.npz", levels)
    for name in ["plain.npz", "small.npz"]:
        check(f"numpy {name}", trained(name, f"of_{name}")[0] == expected)
    np.save(folder / "strided.npy", np.repeat(levels, 2, axis=2)[:, :, ::2])
    check("numpy: a view with gaps", trained("strided.npy", "ns")[0] == expected)
    for what, array in [("objects", np.array([levels[0], levels[1, :4]], dtype=object)), ("longdouble", levels.astype(np.longdouble)),
                        ("complex64", levels.astype(np.complex64)), ("str", levels.astype(str)), ("datetime64", levels.astype("M8[s]")),
                        ("records", np.zeros(3, [("x", "f4")]))]:
        np.save(folder / f"{what}.npy", array, allow_pickle=True)
        r = run("--data", f"{what}.npy", *SMALL, "--out", "bad")
        check(f"numpy {what} refused", r.returncode == 1 and r.stderr.count("\n") == 1 and "found" in r.stderr, r.stderr)


try:
    refusals()
    by_hand()
    colour()
    by_numpy()
finally:
    shutil.rmtree(folder)
close()
