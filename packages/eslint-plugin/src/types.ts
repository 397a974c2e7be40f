/** What the type checker knows of operations. */
import { ESLintUtils, type TSESLint, type TSESTree } from '@typescript-eslint/utils'
import type { ParserServicesWithTypeInformation } from '@typescript-eslint/utils'
import ts from 'typescript'
import { Brand } from './brand.ts'

/**
 * What the type checker knows of operations. An operation is what gives effects of ours when it is iterated: that is what the library's
 * own `Operation` says, and it holds for effects, tasks and generators, under any name.
 */
export class Types {
  readonly checker: ts.TypeChecker
  readonly brand = new Brand()
  readonly #program: ts.Program
  readonly #operations = new WeakMap<ts.Type, boolean>()

  constructor(program: ts.Program) {
    this.#program = program
    this.checker = program.getTypeChecker()
  }

  /** Whether a type is an operation, or may be one of several that are not. */
  isOperation(type: ts.Type): boolean {
    const known = this.#operations.get(type)
    if (known !== undefined) return known
    const is = type.isUnion()
      ? type.types.some((member) => this.isOperation(member))
      : this.yieldsOf(type).some((yielded) => this.isEffect(yielded))
    this.#operations.set(type, is)
    return is
  }

  /** Whether a type is an operation whenever it is anything: `undefined`, `null` and `false` beside it do not count. */
  isAlwaysOperation(type: ts.Type): boolean {
    const members = membersOf(type).filter((member) => !(member.flags & EMPTY))
    return members.length > 0 && members.every((member) => this.isOperation(member))
  }

  /** Whether a type is an operation that does nothing until somebody yields it. A task runs by itself. */
  isIdle(type: ts.Type): boolean {
    return (
      this.isAlwaysOperation(type) &&
      !membersOf(type).every((member) => this.isTask(member) || member.flags & EMPTY)
    )
  }

  /** Whether a type is a task: an operation that can be awaited as well. */
  isTask(type: ts.Type): boolean {
    return this.isOperation(type) && membersOf(type).every((member) => this.#isThenable(member))
  }

  /** Whether a type is an effect: what the generator of a task yields. */
  isEffect(type: ts.Type): boolean {
    return this.#isOurs(type, 'Effect')
  }

  /** Whether a type is a promise, and not a task, which is one as well. */
  isPromise(type: ts.Type): boolean {
    return membersOf(type).some((member) => this.#isThenable(member) && !this.isOperation(member))
  }

  /** Whether a type is what an asynchronous generator function returns. */
  isAsyncIterable(type: ts.Type): boolean {
    return membersOf(type).some((member) => iterator(member, 'asyncIterator') !== undefined)
  }

  /** What comes out of a type when it is iterated. */
  yieldsOf(type: ts.Type): ts.Type[] {
    const { checker } = this
    const constraint = checker.getApparentType(type)
    const open = iterator(constraint, 'iterator')
    return returnsOf(open && checker.getTypeOfSymbol(open))
      .map((opened) => checker.getPropertyOfType(checker.getApparentType(opened), 'next'))
      .flatMap((next) => returnsOf(next && checker.getTypeOfSymbol(next)))
      .flatMap(membersOf)
      .filter((result) => !this.#isLast(result))
      .flatMap((result) => {
        const value = checker.getPropertyOfType(result, 'value')
        return value ? membersOf(checker.getTypeOfSymbol(value)) : []
      })
  }

  /** The name of the function or method of ours that is called, whatever it is called there. */
  calleeOf(call: ts.Expression): string | undefined {
    if (!ts.isCallExpression(call)) return undefined
    const declaration = this.checker.getResolvedSignature(call)?.declaration
    if (declaration === undefined || !this.brand.declares(declaration)) return undefined
    const name = 'name' in declaration ? declaration.name : undefined
    if (!name || !ts.isIdentifier(name as ts.Node)) return undefined
    const inside = ts.isInterfaceDeclaration(declaration.parent) ? [declaration.parent.name] : []
    return [...inside, name as ts.Identifier].map(({ text }) => nameInSource(text)).join('.')
  }

  /**
   * Whether a call makes nothing, and gives what was there before: a function of the language itself (`list.shift()`), one that
   * hands back what it was handed (`check<T>(value: T): T`), or a method that gives what its object holds (`Queue<T>`'s `shift(): T`).
   */
  makesNothing(call: ts.Node): boolean {
    return this.isOfLanguage(call) || (ts.isCallExpression(call) && this.#handsBack(call))
  }

  /** Whether a function of the language itself is called. */
  isOfLanguage(call: ts.Node): boolean {
    if (!ts.isCallExpression(call)) return false
    const file = this.checker.getResolvedSignature(call)?.declaration?.getSourceFile()
    return file !== undefined && this.#program.isSourceFileDefaultLibrary(file)
  }

  #handsBack(call: ts.CallExpression): boolean {
    const declaration = this.checker.getResolvedSignature(call)?.declaration
    if (!declaration || ts.isJSDocSignature(declaration)) return false
    const result = this.checker.getSignatureFromDeclaration(declaration)?.getReturnType()
    const given = result === undefined ? [] : membersOf(result).filter((member) => !(member.flags & EMPTY))
    return (
      given.length > 0 &&
      given.every(
        (type) =>
          isParameterOfContainer(type) ||
          (type.flags & ts.TypeFlags.TypeParameter &&
            declaration.parameters.some((parameter) => this.checker.getTypeAtLocation(parameter) === type))
      )
    )
  }

  /** `{ done: true }` brings no effect. */
  #isLast(result: ts.Type): boolean {
    const done = this.checker.getPropertyOfType(result, 'done')
    return done !== undefined && this.checker.typeToString(this.checker.getTypeOfSymbol(done)) === 'true'
  }

  #isThenable(type: ts.Type): boolean {
    const then = this.checker.getPropertyOfType(type, 'then')
    return then !== undefined && this.checker.getTypeOfSymbol(then).getCallSignatures().length > 0
  }

  #isOurs(type: ts.Type, name: string): boolean {
    if (type.isUnionOrIntersection()) return type.types.some((member) => this.#isOurs(member, name))
    if (type.flags & ts.TypeFlags.TypeParameter) {
      const constraint = this.checker.getBaseConstraintOfType(type)
      return constraint !== undefined && constraint !== type && this.#isOurs(constraint, name)
    }
    const symbol = type.getSymbol()
    if (symbol && nameInSource(symbol.name) === name && this.brand.has(symbol)) return true
    return (
      (type.isClassOrInterface() ? type : targetOf(type))
        ?.getBaseTypes()
        ?.some((base) => this.#isOurs(base, name)) ?? false
    )
  }
}

/** Whether a type is the `T` of a class, an interface or an alias, and not one of a function. */
function isParameterOfContainer(type: ts.Type): boolean {
  if (!(type.flags & ts.TypeFlags.TypeParameter)) return false
  const declarations = type.getSymbol()?.declarations ?? []
  return declarations.length > 0 && declarations.every(({ parent }) => !ts.isFunctionLike(parent))
}

const EMPTY = ts.TypeFlags.Undefined | ts.TypeFlags.Null | ts.TypeFlags.Void | ts.TypeFlags.BooleanLiteral

/** Builds put all types into one file, where two of one name get numbers: `Task$1`. */
function nameInSource(name: string): string {
  return name.replace(/\$\d+$/, '')
}

/** The members of a union; of any other type, that type. */
export function membersOf(type: ts.Type): ts.Type[] {
  return type.isUnion() ? type.types : [type]
}

/** What a function may return, for each of the ways in which it can be called. */
export function returnsOf(type: ts.Type | undefined): ts.Type[] {
  return type === undefined
    ? []
    : membersOf(type).flatMap((member) =>
        member.getCallSignatures().map((signature) => signature.getReturnType())
      )
}

function iterator(type: ts.Type, name: 'iterator' | 'asyncIterator'): ts.Symbol | undefined {
  // The checker has no other way to look up a well-known symbol.
  return type.getProperties().find((property) => property.name.startsWith(`__@${name}`))
}

/** `Task<number>` is an instance of the interface `Task<T>`. */
function targetOf(type: ts.Type): ts.InterfaceType | undefined {
  const { target } = type as Partial<ts.TypeReference>
  return target?.isClassOrInterface() ? target : undefined
}

// Rules are made anew for each file; what one file taught holds for all files of a program.
const known = new WeakMap<ts.Program, Types>()

/** The types of a file that is linted, and the way from its nodes to theirs. */
export interface TypedFile {
  readonly types: Types
  readonly services: ParserServicesWithTypeInformation
  readonly sourceCode: Readonly<TSESLint.SourceCode>
  typeOf(node: TSESTree.Node): ts.Type
  nodeOf<N extends ts.Node = ts.Node>(node: TSESTree.Node): N
}

/** **Throws:** if the parser gave no type information. */
export function typesOf(context: Readonly<TSESLint.RuleContext<string, readonly unknown[]>>): TypedFile {
  const services = ESLintUtils.getParserServices(context)
  const types = known.get(services.program) ?? new Types(services.program)
  known.set(services.program, types)
  return {
    types,
    services,
    sourceCode: context.sourceCode,
    typeOf: (node) => services.getTypeAtLocation(node),
    nodeOf: <N extends ts.Node>(node: TSESTree.Node) => services.esTreeNodeToTSNodeMap.get(node) as N,
  }
}
