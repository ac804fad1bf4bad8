;; Circles of indirect calls, which every way of checking has to meet: at the call, or at the entry of who makes it.
(module
  (type $unary (func (param i32) (result i32)))
  (table funcref (elem $turn $return $both $tail))
  ;; Only through the table: neither checks when it is entered.
  (func $turn (export "turn") (type $unary)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (call_indirect (type $unary) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))
  (func $return (type $unary)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
    (call_indirect (type $unary) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))
  ;; In a circle of direct calls as well.
  (func $both (export "both") (type $unary)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (if (i32.eq (local.get 0) (i32.const 77)) (then (return (call $both (i32.const 76)))))
    (i32.add (i32.const 1)
      (call_indirect (type $unary) (i32.sub (local.get 0) (i32.const 1)) (i32.const 2))))
  (func $tail (export "tail") (type $unary)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
    (if (i32.eq (local.get 0) (i32.const 77)) (then (return_call $tail (i32.const 76))))
    (return_call_indirect (type $unary) (i32.sub (local.get 0) (i32.const 1)) (i32.const 3))))
