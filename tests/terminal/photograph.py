"""What a terminal shows, as a picture: photograph.py COLUMNS ROWS dark|light OUT.png COMMAND [ARGUMENT...]

Runs the command in a pseudo-terminal of that size, lets pyte (a VT100 emulator) interpret what it writes, and paints each
cell: block elements by their geometry, as terminals do, all other characters in a small font. The picture has a margin in the
theme's own colour, as a window has."""

import fcntl
import os
import pty
import struct
import sys
import termios

import pyte
from PIL import Image, ImageDraw

THEMES = {"dark": ("d3d7cf", "1e1e1e"), "light": ("2e3436", "fdf6e3")}
CELL = (8, 16)
MARGIN = 24


def written(columns, rows, command):
    """Everything that the command writes to its terminal."""
    child, master = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    chunks = []
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:  # Linux says EIO at the end
            break
        if not chunk:
            break
        chunks.append(chunk)
    _, status = os.waitpid(child, 0)
    return b"".join(chunks), os.waitstatus_to_exitcode(status)


def colour(name, default):
    named = {"black": "000000", "white": "e5e5e5"}
    return "#" + (default if name == "default" else named.get(name, name))


def main():
    columns, rows, theme, out, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:]
    ink, ground = THEMES[theme]
    output, code = written(columns, rows, command)
    screen = pyte.Screen(columns, rows)
    pyte.ByteStream(screen).feed(output)
    size = (columns * CELL[0] + 2 * MARGIN, rows * CELL[1] + 2 * MARGIN)
    picture = Image.new("RGB", size, "#" + ground)
    draw = ImageDraw.Draw(picture)
    for row in range(rows):
        for column in range(columns):
            cell = screen.buffer[row][column]
            front, back = colour(cell.fg, ink), colour(cell.bg, ground)
            if cell.reverse:
                front, back = back, front
            left, top = MARGIN + column * CELL[0], MARGIN + row * CELL[1]
            right, bottom, middle = left + CELL[0] - 1, top + CELL[1] - 1, top + CELL[1] // 2
            draw.rectangle((left, top, right, bottom), fill=back)
            if cell.data == "\u2588":
                draw.rectangle((left, top, right, bottom), fill=front)
            elif cell.data == "\u2580":
                draw.rectangle((left, top, right, middle - 1), fill=front)
            elif cell.data == "\u2584":
                draw.rectangle((left, middle, right, bottom), fill=front)
            elif cell.data.strip():
                draw.text((left, top), cell.data, fill=front)
    picture.save(out)
    sys.exit(code)


main()
