"""Starts a WebAssembly module once and writes its memory back into it as data, so that its instances begin where that one
had come to (what Wizer does). For modules whose only state besides memory is the stack pointer, at rest."""

PAGE = 4096
ACTIVE_DATA = b"\0\x41"  # memory 0, i32.const
MEMORY_SECTION, DATA_SECTION, DATA_COUNT_SECTION = 5, 11, 12


def unsigned(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def signed(number):
    out = bytearray()
    while not -0x40 <= number < 0x40:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number & 0x7F)
    return bytes(out)


def read_unsigned(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return number, at


def sections(module):
    """(id, payload) of each section."""
    at = 8
    while at < len(module):
        number = module[at]
        size, at = read_unsigned(module, at + 1)
        yield number, module[at:at + size]
        at += size


def written_ranges(memory):
    """(address, bytes) of what is not zero, in whole pages."""
    start = None
    zero = bytes(PAGE)
    for address in range(0, len(memory) + PAGE, PAGE):
        is_written = address < len(memory) and memory[address:address + PAGE] != zero
        if is_written and start is None:
            start = address
        elif not is_written and start is not None:
            yield start, memory[start:address]
            start = None


def with_memory(module, memory):
    """The module with `memory` as its first content. A start section or passive data would be lost, so there may be none."""
    out = bytearray(module[:8])
    for number, payload in sections(module):
        if number == 8:
            raise ValueError("the module has a start function")
        if number == MEMORY_SECTION:
            count, at = read_unsigned(payload, 0)
            flags = payload[at]
            _, at = read_unsigned(payload, at + 1)
            if count != 1 or flags > 1:
                raise ValueError("the module has not one plain memory")
            payload = payload[:2] + unsigned(len(memory) // 65536) + payload[at:]
        if number == DATA_COUNT_SECTION:
            payload = unsigned(sum(1 for _ in written_ranges(memory)))
        if number == DATA_SECTION:
            parts = [ACTIVE_DATA + signed(address if address < 1 << 31 else address - (1 << 32)) + b"\x0b"
                     + unsigned(len(data)) + data for address, data in written_ranges(memory)]
            payload = unsigned(len(parts)) + b"".join(parts)
        out += bytes([number]) + unsigned(len(payload)) + payload
    return bytes(out)
