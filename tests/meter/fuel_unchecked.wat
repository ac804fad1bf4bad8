;; Code without loops that uses much: it must be stopped too.
(module
  (import "env" "nothing" (func $nothing))
    (func (export "long") (call $nothing) (call $nothing) (call $nothing) (call $nothing) (call $nothing)
    (call $nothing) (call $nothing) (call $nothing) (call $nothing) (call $nothing) (call $nothing) (call
    $nothing) (call $nothing) (call $nothing) (call $nothing) (call $nothing) (call $nothing) (call $nothing)
    (call $nothing) (call $nothing) (call $nothing) (call $nothing) (call $nothing) (call $nothing) (call
    $nothing) (call $nothing) (call $nothing) (call $nothing) (call $nothing) (call $nothing) )
    (func $t0 (call $t1) (call $t1) (call $t1) (call $t1) (call $t1) (call $t1) (call $t1) (call $t1) (call
    $t1) (call $t1))
    (func $t1 (call $t2) (call $t2) (call $t2) (call $t2) (call $t2) (call $t2) (call $t2) (call $t2) (call
    $t2) (call $t2))
    (func $t2 (call $t3) (call $t3) (call $t3) (call $t3) (call $t3) (call $t3) (call $t3) (call $t3) (call
    $t3) (call $t3))
    (func $t3 (call $t4) (call $t4) (call $t4) (call $t4) (call $t4) (call $t4) (call $t4) (call $t4) (call
    $t4) (call $t4))
    (func $t4 (call $t5) (call $t5) (call $t5) (call $t5) (call $t5) (call $t5) (call $t5) (call $t5) (call
    $t5) (call $t5))
  (func $t5 (drop (i32.add (i32.const 1) (i32.const 2))))
  (func (export "tree") (call $t0))
  (func (export "branch") (param i32) (if (local.get 0) (then (call $t3)) (else (call $t4)))))
