/// Middlewares in order, as a value with a type: `Context` is what a handler behind it gets.
///
/// ```swift
/// let open = Chain(RequestIdentity()).then(AccessLog(logger)).then(ErrorResponses(logger))
/// let scoped = open.then(ProfileScoping(store))   // Chain<ProfileContext>
/// ```
public struct Chain<Context: Sendable>: Sendable {
  /// The names of the middlewares, outermost first.
  public let steps: [String]
  private let fold: @Sendable (@escaping Next<Context>) -> Next<BaseContext>

  private init(steps: [String], fold: @escaping @Sendable (@escaping Next<Context>) -> Next<BaseContext>) {
    self.steps = steps
    self.fold = fold
  }

  /// A chain that begins with a middleware.
  public init<First: Middleware>(_ first: First) where First.Input == BaseContext, First.Output == Context {
    self.init(steps: [name(of: First.self)]) { next in
      { request, context in try await first.handle(request, context, next: next) }
    }
  }

  /// This chain with one more middleware at its inner end.
  public func then<Inner: Middleware>(_ inner: Inner) -> Chain<Inner.Output> where Inner.Input == Context {
    let fold = fold
    return Chain<Inner.Output>(steps: steps + [name(of: Inner.self)]) { next in
      fold { request, context in try await inner.handle(request, context, next: next) }
    }
  }

  /// The whole chain with what stands at its end, as one function.
  func folded(around end: @escaping Next<Context>) -> Next<BaseContext> {
    fold(end)
  }
}

/// A type's name without its generic arguments.
func name<Subject>(of type: Subject.Type) -> String {
  String(String(describing: type).prefix { $0 != "<" })
}
