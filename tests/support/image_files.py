"""Files with images in them, sound and damaged, written byte by byte: .npy, .npz and PNG."""
import struct
import zlib


def npy(shape, data, descr="|u1", fortran=False, version=1, header=None):
    """An array; `data` are its bytes as they follow the header."""
    if header is None:
        header = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {tuple(shape)}, }}"
    size = 10 if version == 1 else 12
    text = header.encode() + b" " * (-(size + len(header) + 1) % 64) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(text)) + text + data


def archive(files, method=8, flags=0, crc=None, size=None, packed=None, cut_list=0, disk=0, count=None):
    """A zip archive of {name: bytes}; what is given replaces what would be true."""
    out, records = b"", b""
    for name, data in files.items():
        pressed = data if method != 8 else zlib.compress(data, 9)[2:-4]
        pressed = pressed if packed is None else packed
        numbers = struct.pack("<HHHHHIII", 20, flags, method, 0, 0, zlib.crc32(data) if crc is None else crc, len(pressed),
                              len(data) if size is None else size)
        records += b"PK\1\2" + struct.pack("<H", 20) + numbers + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, len(out)) + name.encode()
        out += b"PK\3\4" + numbers + struct.pack("<HH", len(name), 0) + name.encode() + pressed
    records = records[:len(records) - cut_list]
    n = len(files) if count is None else count
    return out + records + b"PK\5\6" + struct.pack("<HHHHIIH", disk, disk, n, n, len(records), len(out), 0)


def chunk(kind, data, damage=0):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ damage)


def png(rows, cols, pixels, kind=0, bits=8, size=None, tail=b"", damage=0, first=b"IHDR", idat=None, more=b"", end=True):
    """A picture; kind 0 is grey, 2 RGB, 3 a palette, 4 grey with alpha, 6 RGB with alpha."""
    width = len(pixels) // rows
    lines = b"".join(b"\0" + pixels[y * width:(y + 1) * width] for y in range(rows))
    head = struct.pack(">IIBBBBB", *(size or (cols, rows)), bits, kind, 0, 0, 0)
    data = zlib.compress(lines) if idat is None else idat
    return (b"\x89PNG\r\n\x1a\n" + chunk(first, head) + more + chunk(b"IDAT", data, damage) + (chunk(b"IEND", b"") if end else b"") + tail)
