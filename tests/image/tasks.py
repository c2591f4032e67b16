"""What a decoding process is made to do in these tests: each takes a file's bytes and its name."""

import os
import signal
import sys
import time


def modules(data, name):
    return sorted(sys.modules)


def back(data, name, *rest):
    return data, name, rest


def process(data, name):
    return os.getpid()


def spin(data, name):
    """Busy in one call of C, which no Python signal handler interrupts."""
    return sum(range(10**13))


def sleep(data, name):
    time.sleep(600)


def hold(data, name):
    """Says that it began, and goes on until it is let go."""
    path = data.decode()
    with open(os.path.join(os.path.dirname(path), "began"), "a") as began:
        began.write(name + "\n")
    while not os.path.exists(path + ".go"):
        time.sleep(0.005)


def crash(data, name):
    os.kill(os.getpid(), signal.SIGSEGV)


def hoard(data, name):
    return len(bytearray(4_000_000_000))


def mistake(data, name):
    return {}["nothing"]


def print_much(data, name):
    print("x" * 100_000)
    os.write(1, b"y" * 100_000)
    return len(data)


def something_else(data, name):
    return time.sleep


def shout(data, name):
    os.write(2, b"x" * 100_000)
