/// Calls what comes next in a chain.
public typealias Next<Context> = @Sendable (Request, Context) async throws -> Response

/// One step between the engine and a handler.
///
/// A middleware gets a context of one type and hands on one of its own: what a handler may do is decided by the type
/// of the context that it gets. Options are checked when a middleware is made, never per request.
///
/// ```swift
/// struct Stamp: Middleware {
///   func handle(_ request: Request, _ context: BaseContext, next: Next<BaseContext>) async throws -> Response {
///     var response = try await next(request, context)
///     response.fields[.stamp] = "seen"
///     return response
///   }
/// }
/// ```
public protocol Middleware<Input, Output>: Sendable {
  /// What it needs to know.
  associatedtype Input: Sendable
  /// What it hands on.
  associatedtype Output: Sendable

  /// Answers, or calls `next` and passes its answer on, changed or not.
  func handle(_ request: Request, _ context: Input, next: Next<Output>) async throws -> Response
}

/// What every chain starts with.
public struct BaseContext: Sendable {
  /// The row of the routing table that the request came through.
  public let route: Route
  /// When the request was complete.
  public let start: ContinuousClock.Instant
  /// Names the request in logs and in the answer.
  public var requestID: String

  /// A context.
  public init(route: Route, start: ContinuousClock.Instant = .now, requestID: String = "") {
    self.route = route
    self.start = start
    self.requestID = requestID
  }
}
