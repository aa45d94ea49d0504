import HTTPTypes
import Metrics

/// Counts requests and how long they take, by route, method and status class: `http_requests_total`,
/// `http_request_duration_seconds`. The label is the route's pattern, never the URL, so that nobody can fill the memory
/// with labels.
///
/// Costs a counter and a timer look-up a request; nothing is kept when no metrics system is installed.
public struct RequestMetrics: Middleware {
  /// A middleware without options.
  public init() {}

  /// Goes on, then counts.
  public func handle(
    _ request: Request, _ context: BaseContext, next: Next<BaseContext>
  ) async throws -> Response {
    let response = try await next(request, context)
    let dimensions = [
      ("method", request.method.rawValue), ("route", context.route.pattern),
      ("status", "\(response.status.code / 100)xx"),
    ]
    Counter(label: "http_requests_total", dimensions: dimensions).increment()
    let duration = ContinuousClock.now - context.start
    Timer(label: "http_request_duration_seconds", dimensions: dimensions).record(duration: duration)
    return response
  }
}
