;; Without a memory, a table, data, or a global.
(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $pair (param i64) (result i64 i64) (local.get 0) (i64.const 3))
  (func (export "both") (param i64) (result i64) (call $pair (local.get 0)) i64.mul))
