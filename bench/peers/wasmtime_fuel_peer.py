"""wasmtime_peer.py's guest with wasmtime's own fuel counted: what corresponds to a box, whose fuel is always counted."""
from peer_adapter import main
from wasmtime_peer import Wasmtime


class WasmtimeFuel(Wasmtime):
    counts_fuel = True


if __name__ == "__main__":
    main(WasmtimeFuel)
