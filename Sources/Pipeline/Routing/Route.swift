public import HTTPTypes

/// What is known of a row of the routing table: printed by tools, documented by OpenAPI, walked by tests.
public final class Route: Sendable {
  /// The pattern, such as `/static/{path...}`. The label in logs and metrics, never the URL.
  public let pattern: String
  /// Methods and what they do, in the order of the handler.
  public let methods: [(method: HTTPRequest.Method, summary: String)]
  /// The names of the middlewares, outermost first.
  public let steps: [String]
  /// The name of the handler's type.
  public let handler: String
  /// What it lets through.
  public let limits: Limits
  /// How its streams stay alive; nil for rows whose answers end.
  public let keepalive: Keepalive?

  init(
    pattern: String, methods: [(method: HTTPRequest.Method, summary: String)], steps: [String], handler: String,
    limits: Limits, keepalive: Keepalive?
  ) {
    self.pattern = pattern
    self.methods = methods
    self.steps = steps
    self.handler = handler
    self.limits = limits
    self.keepalive = keepalive
  }

  /// The methods for an `Allow` field (RFC 9110 section 10.2.1); `HEAD` comes with `GET`.
  public var allow: String {
    let names = methods.map(\.method.rawValue)
    return (names + (names.contains("GET") ? ["HEAD"] : []) + ["OPTIONS"]).joined(separator: ", ")
  }
}
