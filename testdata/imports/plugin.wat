;; A plugin that imports many functions of its host.
(module
  (import "k8s.io/api" "pod" (func (param i32 i32) (result i32)))
  (import "k8s.io/api" "node" (func (param i32 i32) (result i32)))
  (import "k8s.io/api" "nodeName" (func (param i32 i32) (result i32)))
  (import "k8s.io/api" "nodeInfo/node" (func (param i32 i32) (result i32)))
  (import "k8s.io/api" "nodeList" (func (param i32 i32) (result i32)))
  (import "k8s.io/klog" "log" (func (param i32 i32 i32)))
  (import "k8s.io/klog" "severity" (func (result i32)))
  (import "env" "f1" (func)) (import "env" "f2" (func)) (import "env" "f3" (func)) (import "env" "f4" (func))
  (import "env" "f5" (func)) (import "env" "f6" (func)) (import "env" "f7" (func)) (import "env" "f8" (func))
  (import "env" "f9" (func)) (import "env" "f10" (func)) (import "env" "f11" (func)) (import "env" "f12" (func))
  (import "env" "memory" (memory 16))
  (func (export "_start")))
