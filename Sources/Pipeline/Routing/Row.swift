import HTTPTypes

/// A line of the routing table: a path, the chain that it goes through, the handler that it leads to, its limits.
///
/// A chain and a handler that do not fit do not compile: the handler's context must be the one that the chain makes.
public struct Row: Sendable {
  /// What is known of it.
  public let route: Route
  let endpoints: [(method: HTTPRequest.Method, run: Next<BaseContext>)]

  /// A row whose answers end.
  public init<Target: Handler>(
    _ pattern: String, through chain: Chain<Target.Context>, to handler: Target, limits: Limits = .none
  ) {
    let operations = handler.methods.operations
    route = Route(
      pattern: pattern, methods: operations.map { ($0.method, $0.summary) }, steps: chain.steps,
      handler: name(of: Target.self), limits: limits, keepalive: nil)
    endpoints = operations.map { ($0.method, chain.folded(around: $0.run)) }
  }

  /// A row whose answer is a stream of events.
  public init<Target: EventHandler>(
    _ pattern: String, through chain: Chain<Target.Context>, to handler: Target, stream keepalive: Keepalive
  ) {
    route = Route(
      pattern: pattern, methods: [(.get, handler.summary)], steps: chain.steps, handler: name(of: Target.self),
      limits: .none, keepalive: keepalive)
    endpoints = [
      (
        .get,
        chain.folded { request, context in try await handler.open(request, context, keepalive: keepalive) }
      )
    ]
  }
}
