;; Refused: it imports its memory.
(module (import "env" "memory" (memory 1)))
