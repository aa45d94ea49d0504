import HTTPTypes
public import Logging

/// Writes one line a request: method, route, status, milliseconds, peer. Never the query, which may hold ids and
/// tokens, and never a body.
///
/// Server errors are `error`, everything else is `info`. Costs about a microsecond when the line is written.
public struct AccessLog: Middleware {
  private let logger: Logger

  /// - Parameter logger: Where the lines go.
  public init(_ logger: Logger) {
    self.logger = logger
  }

  /// Goes on, then writes the line.
  public func handle(
    _ request: Request, _ context: BaseContext, next: Next<BaseContext>
  ) async throws -> Response {
    let response = try await next(request, context)
    let level: Logger.Level = response.status.code >= 500 ? .error : .info
    logger.log(
      level: level, "request",
      metadata: [
        "method": "\(request.method.rawValue)", "route": "\(context.route.pattern)",
        "status": "\(response.status.code)", "ms": "\(milliseconds(since: context.start))", "peer": "\(request.peer)",
        "id": "\(context.requestID)",
      ])
    return response
  }

  private func milliseconds(since start: ContinuousClock.Instant) -> Double {
    let duration = ContinuousClock.now - start
    return Double(duration.components.seconds) * 1000
      + (Double(duration.components.attoseconds) / 1e14).rounded() / 10
  }
}
