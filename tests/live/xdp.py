#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Attaches a program to XDP that passes every packet, without a compiler for it.

usage: xdp.py INTERFACE generic|native

Exit status 77 where the kernel has no such programs. Reference: linux/bpf.h, linux/if_link.h.
"""
import ctypes
import os
import platform
import socket
import struct
import sys

SYSCALL_BPF = {"x86_64": 321, "aarch64": 280, "riscv64": 280}
BPF_PROG_LOAD, BPF_PROG_TYPE_XDP, XDP_PASS = 5, 6, 2
RTM_SETLINK, NLM_F_REQUEST_ACK = 19, 5
IFLA_XDP, IFLA_XDP_FD, IFLA_XDP_FLAGS, NLA_F_NESTED = 43, 1, 3, 0x8000
MODES = {"generic": 2, "native": 4}


def load():
    """A descriptor of: r0 = XDP_PASS; exit."""
    code = ctypes.create_string_buffer(
        struct.pack("=BBhiBBhi", 0xB7, 0, 0, XDP_PASS, 0x95, 0, 0, 0))
    licence = ctypes.create_string_buffer(b"BSD")
    attributes = ctypes.create_string_buffer(
        struct.pack("=IIQQ", BPF_PROG_TYPE_XDP, 2, ctypes.addressof(code),
                    ctypes.addressof(licence)), 128)
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.syscall(SYSCALL_BPF.get(platform.machine(), -1), BPF_PROG_LOAD, attributes,
                              len(attributes))
    if descriptor < 0:
        print(f"cannot load: {os.strerror(ctypes.get_errno())}", file=sys.stderr)
        sys.exit(77)
    return descriptor


def attach(interface, descriptor, flags):
    """By rtnetlink; returns an errno."""
    nest = struct.pack("=HHiHHI", 8, IFLA_XDP_FD, descriptor, 8, IFLA_XDP_FLAGS, flags)
    body = struct.pack("=BBHiII", 0, 0, 0, socket.if_nametoindex(interface), 0, 0)
    body += struct.pack("=HH", 4 + len(nest), IFLA_XDP | NLA_F_NESTED) + nest
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.send(struct.pack("=IHHII", 16 + len(body), RTM_SETLINK, NLM_F_REQUEST_ACK, 1, 0)
                     + body)
        return -struct.unpack_from("=i", netlink.recv(4096), 16)[0]


def main(arguments):
    error = attach(arguments[0], load(), MODES[arguments[1]])
    if error:
        print(f"cannot attach: {os.strerror(error)}", file=sys.stderr)
    return 77 if error else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
