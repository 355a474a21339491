#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Does a snapshot say what ethtool, ip, tc and bridge print? Asks them now and compares all values.

usage: host_values.py SNAPSHOT [--only INTERFACE] [--peers NAMESPACE]
       host_values.py --unprivileged SNAPSHOT ROOT-SNAPSHOT

Compares in both directions: a value that only one side has is a difference, too. With --only the
paths of one interface; with --peers veths may have their peers in that namespace. The second form
compares two snapshots: the unprivileged one may differ only where it says "denied". Exit status 1
tells a difference.
"""
import json
import re
import subprocess
import sys

TOOLS = ("ethtool ", "ip ", "tc ", "bridge ")
COUNTED = ("ethtool -S ", "tc -s ")
GAUGES = (" backlog", " qlen")
UNCOUNTED = ("kind", "handle", "offloaded", "action", "in_hw")
# What ip of Debian 12 does not print.
UNPRINTED = ("gso_ipv4_max_size", "gro_ipv4_max_size")
# Of the driver's counters a choice is taken; these must be in it.
COUNTERS = re.compile("drop|err|miss|xdp|packets")
# As they are found in the output, and in the snapshot.
UNSUPPORTED = {"unknown": "unsupported"}
DENIED = {"unknown": "denied"}
FLOWS = ("tcp4", "udp4", "sctp4", "esp4", "tcp6", "udp6", "sctp6", "esp6")
FIELDS = (("L2DA", "m"), ("VLAN tag", "v"), ("L3 proto", "t"), ("IP SA", "s"), ("IP DA", "d"),
          ("L4 bytes 0", "f"), ("L4 bytes 2", "n"))


def run(*command):
    """Standard output, or None if the command fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def run_json(*command):
    return json.loads(run(*command) or "[]")


def switch(value):
    return "on" if value else "off"


def features(name):
    output = run("ethtool", "-k", name)
    for line in output.splitlines()[1:]:
        word, text = line.strip().split(":", 1)
        yield f"ethtool -k {name} {word}", text.strip()


def numbers(name, option, words):
    """Rings and channels: the maxima, then what is set."""
    output = run("ethtool", option, name)
    if output is None:
        yield f"ethtool {option} {name}", UNSUPPORTED
        return
    end = ""
    for line in output.splitlines():
        word, _, text = (part.strip() for part in line.partition(":"))
        if word == "Pre-set maximums":
            end = " max"
        elif word == "Current hardware settings":
            end = ""
        elif word in words and text != "n/a":
            yield f"ethtool {option} {name} {words[word]}{end}", text
        elif word in words and not end:
            yield f"ethtool {option} {name} {words[word]}", UNSUPPORTED


def rings(name):
    return numbers(name, "-g", {"RX": "rx", "RX Mini": "rx-mini", "RX Jumbo": "rx-jumbo",
                                "TX": "tx"})


def channels(name):
    return numbers(name, "-l", {"RX": "rx", "TX": "tx", "Other": "other",
                                "Combined": "combined"})


def coalescing(name):
    output = run("ethtool", "-c", name)
    if output is None:
        yield f"ethtool -c {name}", UNSUPPORTED
        return
    output = re.sub(r"Adaptive RX: (\S+) +TX: (\S+)", r"adaptive-rx: \1\nadaptive-tx: \2", output)
    for word, text in re.findall(r"^([a-z-]+): (\S+)$", output, re.MULTILINE):
        yield f"ethtool -c {name} {word}", UNSUPPORTED if text == "n/a" else text


def hashing(name):
    output = run("ethtool", "-x", name)
    if output is None:
        yield f"ethtool -x {name}", UNSUPPORTED
        return
    table = " ".join(re.findall(r"\d+", " ".join(re.findall(r"^ *\d+: (.*)$", output, re.M))))
    key = re.search(r"^RSS hash key:\n(.*)$", output, re.MULTILINE)
    function = re.search(r"^ +(\S+): on$", output, re.MULTILINE)
    yield f"ethtool -x {name} indirection", table or UNSUPPORTED
    yield f"ethtool -x {name} key", key[1] if key and ":" in key[1] else UNSUPPORTED
    yield f"ethtool -x {name} hash-function", function[1] if function else UNSUPPORTED


def fields(name):
    outputs = {flow: run("ethtool", "-n", name, "rx-flow-hash", flow) for flow in FLOWS}
    if not any(outputs.values()):
        yield f"ethtool -n {name} rx-flow-hash", UNSUPPORTED
        return
    for flow, output in outputs.items():
        letters = "".join(letter for text, letter in FIELDS if text in (output or ""))
        yield f"ethtool -n {name} rx-flow-hash {flow}", UNSUPPORTED if output is None else letters


def driver(name):
    output = run("ethtool", "-i", name)
    if output is None:
        yield f"ethtool -i {name}", UNSUPPORTED
        return
    for word, text in re.findall(r"^(driver|version|firmware-version|bus-info): (.*)$", output,
                                 re.MULTILINE):
        yield f"ethtool -i {name} {word}", text


def speed(name):
    found = dict(re.findall(r"^\t(Speed|Duplex): (.*)$", run("ethtool", name) or "", re.M))
    if not found:
        yield f"ethtool {name}", UNSUPPORTED
        return
    yield f"ethtool {name} speed", found["Speed"].removesuffix("Mb/s")
    yield f"ethtool {name} duplex", found["Duplex"]


def stamping(name):
    output = run("ethtool", "-T", name)
    listed = re.search(r"^Capabilities:\n((?:\t.*\n)*)", output, re.MULTILINE)[1].split()
    yield f"ethtool -T {name} capabilities", ",".join(listed)
    yield f"ethtool -T {name} phc", re.search(r"^PTP Hardware Clock: (.*)$", output, re.M)[1]


def counters(name):
    output = run("ethtool", "-S", name)
    if output is None:
        yield f"ethtool -S {name}", UNSUPPORTED
        return
    for word, text in re.findall(r"^ +(\S+): (\d+)$", output, re.MULTILINE):
        yield f"ethtool -S {name} {word}", text


def private_flags(name):
    output = run("ethtool", "--show-priv-flags", name)
    if not output:
        yield f"ethtool --show-priv-flags {name}", UNSUPPORTED
        return
    for word, text in re.findall(r"^(\S+) *: (on|off)$", output, re.MULTILINE):
        yield f"ethtool --show-priv-flags {name} {word}", text


ETHTOOL = (features, rings, channels, coalescing, hashing, fields, driver, speed, stamping,
           counters, private_flags)

LINK = {"ifindex": "ifindex", "mtu": "mtu", "min_mtu": "minmtu", "max_mtu": "maxmtu",
        "operstate": "state", "qdisc": "qdisc", "txqlen": "qlen", "num_tx_queues": "numtxqueues",
        "num_rx_queues": "numrxqueues", "gso_max_size": "gso_max_size",
        "gro_max_size": "gro_max_size", "tso_max_size": "tso_max_size",
        "promiscuity": "promiscuity", "allmulti": "allmulti", "address": "address",
        "link_netnsid": "link-netnsid"}
KINDS = {
    "bridge": ("vlan_filtering", "vlan_protocol", "stp_state", "mcast_snooping",
               "nf_call_iptables", "nf_call_ip6tables"),
    "bridge_slave": ("state", "hairpin", "learning", "flood", "neigh_suppress", "isolated"),
    "bond": ("mode", "xmit_hash_policy", "miimon", "packets_per_slave", "tlb_dynamic_lb"),
    "bond_slave": ("state", "mii_status", "link_failure_count", "ad_aggregator_id"),
    "vlan": ("id", "protocol"),
    "macvlan": ("mode",),
    "ipvlan": ("mode",),
    "tun": ("type", "pi", "vnet_hdr", "multi_queue", "numqueues", "persist"),
    "vxlan": ("id", "remote", "local", "dstport", "learning", "link"),
}
# Where JSON has another name than the text.
RENAMED = {"dstport": "port", "ad_lacp_rate": "lacp_rate", "group": "remote"}
# What the kernel says and ip does not print unless it is set.
UNSET = {"vxlan": {"df": "unset", "external": "off", "learning": "on"},
         "bond": {"lacp_rate": "slow"}}


def flags(link):
    return ",".join(flag for flag in link["flags"] if flag != "M-DOWN")


def kind_values(link, kind, data, indices):
    path = f"ip -d link show {link['ifname']} {kind}"
    for word, text in UNSET.get(kind, {}).items():
        yield f"{path} {word}", text
    for word in KINDS.get(kind, ()):
        value = data.get(RENAMED.get(word, word))
        if value is None:
            continue
        if word == "link":
            value = indices[value]
        yield f"{path} {word}", switch(value) if isinstance(value, bool) else str(value)


def peer_values(link, links, peers):
    peer_index = link.get("link_index")
    if peer_index is None:
        peer_index = {other["ifname"]: other["ifindex"] for other in links}[link["link"]]
    peer = next(other for other in (peers if "link_netnsid" in link else links)
                if other["ifindex"] == peer_index)
    path = f"ip -d link show {link['ifname']}"
    yield f"{path} link", str(peer_index)
    yield f"{path} peer mtu", str(peer["mtu"])
    yield f"{path} peer name", peer["ifname"]
    yield f"{path} peer flags", flags(peer)
    yield f"{path} peer numtxqueues", str(peer["num_tx_queues"])


def xdp_values(link):
    modes = {1: "xdp", 2: "xdpgeneric", 3: "xdpoffload", 4: "xdpmulti"}
    xdp, path = link.get("xdp"), f"ip -d link show {link['ifname']} xdp"
    if not xdp:
        return
    yield f"{path} mode", modes[xdp["mode"]]
    if "prog" in xdp:
        yield f"{path} prog", str(xdp["prog"]["id"])
    for attached in xdp["attached"]:
        yield f"{path} prog {modes[attached['mode']]}", str(attached["prog"]["id"])


def link_values(link, links, peers):
    indices = {other["ifname"]: other["ifindex"] for other in links}
    path = f"ip -d link show {link['ifname']}"
    info = link.get("linkinfo", {})
    yield f"{path} flags", flags(link)
    for key, word in LINK.items():
        if key in link:
            yield f"{path} {word}", str(link[key])
    if "master" in link:
        yield f"{path} master", str(indices[link["master"]])
    if "info_kind" in info:
        yield f"{path} kind", info["info_kind"]
    if info.get("info_kind") == "veth":
        yield from peer_values(link, links, peers)
    elif "link" in link:
        yield f"{path} link", str(indices[link["link"]])
    yield from kind_values(link, info.get("info_kind"), info.get("info_data", {}), indices)
    yield from xdp_values(link)
    slave = info.get("info_slave_kind")
    yield from kind_values(link, f"{slave}_slave", info.get("info_slave_data", {}), indices)


def addresses():
    for link in run_json("ip", "-j", "address"):
        for entry in link["addr_info"]:
            yield (f"ip address show dev {link['ifname']} {entry['local']}",
                   str(entry["prefixlen"]))


def default_routes():
    for family, path in (("-4", "ip route show default"), ("-6", "ip -6 route show default")):
        best = {}
        for route in run_json("ip", family, "-j", "route", "show", "default"):
            if route.get("metric", 0) < best.get(route["dev"], {"metric": 1 << 32})["metric"]:
                best[route["dev"]] = {"metric": 0, **route}
        for dev, route in best.items():
            yield f"{path} dev {dev}", route.get("gateway", "")


def far_ends(links):
    """Of tunnels, with what is behind them, and the ways there."""
    far, wanted = [], []
    for link in links:
        info = link.get("linkinfo", {})
        remote = info.get("info_data", {}).get("remote")
        far += [remote] if remote else []
        entries = {}
        if info.get("info_kind") != "vxlan":
            continue
        for entry in run_json("bridge", "-j", "fdb", "show", "dev", link["ifname"]):
            if "dst" in entry:
                entries.setdefault(entry["mac"], []).append(entry["dst"])
                far.append(entry["dst"])
        for mac, addresses_of in entries.items():
            yield f"bridge fdb show dev {link['ifname']} {mac}", " ".join(addresses_of)
    for address in far:
        route = run_json("ip", "-j", "route", "get", address)
        wanted.append(address)
        if not route:
            yield f"ip route get {address}", {"unknown": "absent"}
            continue
        yield f"ip route get {address}", route[0]["dev"]
        if "gateway" in route[0]:
            yield f"ip route get {address} via", route[0]["gateway"]
            wanted.append(route[0]["gateway"])
    for entry in run_json("ip", "-j", "neigh"):
        if entry["dst"] in wanted:
            yield f"ip neigh show {entry['dst']} dev {entry['dev']}", entry["state"][0]


def qdiscs():
    for qdisc in run_json("tc", "-s", "-j", "qdisc"):
        where = "root" if qdisc.get("root") else f"parent {qdisc['parent']}"
        if qdisc["kind"] in ("ingress", "clsact"):
            where = qdisc["kind"]
        path = f"tc -s qdisc show dev {qdisc['dev']} {where}"
        yield f"{path} kind", qdisc["kind"]
        yield f"{path} handle", qdisc["handle"]
        yield f"{path} offloaded", switch(qdisc.get("offloaded"))
        for key, word in (("bytes", "bytes"), ("packets", "packets"), ("drops", "dropped"),
                          ("overlimits", "overlimits"), ("requeues", "requeues"),
                          ("backlog", "backlog"), ("qlen", "qlen")):
            yield f"{path} {word}", str(qdisc[key])


def action_name(action):
    if action["kind"] == "gact" and action["control_action"]["type"] == "drop":
        return "drop"
    if action["kind"] == "mirred":
        return f"mirred {action['mirred_action']}"
    return action["kind"]


def filters_of(dev, where):
    """Entries that open a table, or only tell the protocol, are no filters."""
    listed = run_json("tc", "-s", "-j", "filter", "show", "dev", dev, *where)
    listed = [entry for entry in listed if "options" in entry
              and (entry["kind"] != "u32" or "match" in entry["options"])]
    for number, entry in enumerate(listed, 1):
        options = entry["options"]
        actions = options.get("actions", [])
        names = ["direct-action"] if options.get("direct-action") else []
        path = f"tc -s filter show dev {dev} {where[0] if where else 'root'} {number}"
        yield f"{path} kind", entry["kind"]
        yield f"{path} action", ",".join(names + [action_name(action) for action in actions])
        for key, word in (("drops", "dropped"), ("overlimits", "overlimits")):
            if actions:
                yield f"{path} {word}", str(sum(action["stats"][key] for action in actions))
        if "in_hw" in options or "not_in_hw" in options:
            yield f"{path} in_hw", switch(options.get("in_hw"))


def filters():
    for qdisc in run_json("tc", "-j", "qdisc"):
        if qdisc["kind"] in ("clsact", "ingress"):
            yield from filters_of(qdisc["dev"], ["ingress"])
        if qdisc["kind"] == "clsact":
            yield from filters_of(qdisc["dev"], ["egress"])
        if qdisc.get("root") and qdisc["handle"] != "0:":
            yield from filters_of(qdisc["dev"], [])


def printed(peers):
    """What the tools print, as a dictionary by path."""
    links = run_json("ip", "-d", "-j", "link")
    values = dict(addresses())
    for link in links:
        values.update(link_values(link, links, peers))
        for part in ETHTOOL:
            values.update(part(link["ifname"]))
    values.update(default_routes())
    values.update(far_ends(links))
    values.update(qdiscs())
    values.update(filters())
    return values


def is_counter(path):
    return path.startswith(COUNTED) and path.rsplit(" ", 1)[1] not in UNCOUNTED


def differs(path, told, wanted):
    if told == wanted:
        return False
    if path.startswith("ethtool -S ") and told is None:
        return bool(COUNTERS.search(path))
    if wanted is None and path.endswith(UNPRINTED):
        return False
    # The tools were asked later.
    if is_counter(path) and isinstance(told, str) and isinstance(wanted, str):
        return int(told) > int(wanted) and not path.endswith(GAUGES)
    return True


def report(count, differences):
    for path, told, wanted in differences:
        print(f"{path}: snapshot {told!r}, wanted {wanted!r}")
    print(f"{count} values, {len(differences)} differ")
    return bool(differences)


def read(path):
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)["values"]


def compare_printed(path, only, namespace):
    peers = run_json("ip", "-n", namespace, "-d", "-j", "link") if namespace else []
    told = {path: value for path, value in read(path).items() if path.startswith(TOOLS)}
    wanted = printed(peers)
    paths = sorted(path for path in told.keys() | wanted.keys()
                   if not only or only in path.split(" "))
    differences = [(path, told.get(path), wanted.get(path)) for path in paths
                   if differs(path, told.get(path), wanted.get(path))]
    return report(len(paths), differences)


def compare_unprivileged(path, root_path):
    told, wanted = read(path), read(root_path)
    paths = sorted(path for path in told.keys() | wanted.keys()
                   if path.startswith(TOOLS) and not is_counter(path))
    differences = [(path, told.get(path), wanted.get(path)) for path in paths
                   if told.get(path) not in (wanted.get(path), DENIED)]
    denied = [path for path in paths if told.get(path) == DENIED]
    print("denied:", ", ".join(denied))
    return report(len(paths), differences)


def main(arguments):
    if arguments[0] == "--unprivileged":
        return compare_unprivileged(*arguments[1:])
    options = dict(zip(arguments[1::2], arguments[2::2]))
    return compare_printed(arguments[0], options.get("--only"), options.get("--peers"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
