import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type FileChange,
  type OpenFile,
  currentTask,
  inAsyncContext,
  openFile,
  watchFiles,
} from '@coppice/node'
import { type Operation, type Stream, type Task, operation } from 'coppice'
import { describe, expect, test } from 'tstyche'

describe('files', () => {
  test('are opened by a path', () => {
    expect(openFile('notes.txt', 'w+')).type.toBe<Operation<OpenFile>>()
    expect(openFile).type.toBeCallableWith(new URL('file:///notes.txt'))
    expect(openFile).type.not.toBeCallableWith(7)
  })

  test('give bytes and text', () => {
    const file = null as unknown as OpenFile
    expect(file.read(0, 1)).type.toBe<Operation<Buffer>>()
    expect(file.chunks()).type.toBe<Stream<Buffer>>()
    expect(file.lines()).type.toBe<Stream<string>>()
    expect(file.text()).type.toBe<Operation<string>>()
    expect(file.write).type.not.toBeCallableWith(7)
  })

  test('tell of changes', () => {
    expect(watchFiles('src')).type.toBe<Stream<FileChange>>()
    expect(watchFiles).type.not.toBeCallableWith('src', { overflow: 'wait' })
  })
})

describe('context', () => {
  const storage = new AsyncLocalStorage<number>()
  const seven = operation('seven', function* (): Generator<never, 7> {
    return 7
  })

  test('gives what the operation gives', () => {
    expect(inAsyncContext((job) => storage.run(1, job), seven())).type.toBe<Operation<7>>()
    expect(inAsyncContext(AsyncLocalStorage.snapshot(), seven)).type.toBe<Operation<7>>()
    expect(inAsyncContext).type.not.toBeCallableWith(storage, seven)
    expect(inAsyncContext).type.not.toBeCallableWith((job: () => void) => job(), seven)
  })

  test('knows the task', () => {
    expect(currentTask()).type.toBe<Task | undefined>()
  })
})
