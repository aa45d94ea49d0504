import HTTPTypes

/// Gives every request a name that stands in the logs and in the answer (`X-Request-ID`), so that what a user reports
/// can be found. A name that a proxy has given is kept when it is harmless.
///
/// Costs two allocations a request.
public struct RequestIdentity: Middleware {
  /// A middleware without options.
  public init() {}

  /// Names the request, then goes on.
  public func handle(
    _ request: Request, _ context: BaseContext, next: Next<BaseContext>
  ) async throws -> Response {
    var context = context
    context.requestID = given(request) ?? String(UInt64.random(in: .min ... .max), radix: 36)
    var response = try await next(request, context)
    response.fields[.requestID] = context.requestID
    return response
  }

  private func given(_ request: Request) -> String? {
    guard let name = request.header(.requestID), (8...64).contains(name.utf8.count),
      name.utf8.allSatisfy({ ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || $0 == 0x2D })
    else { return nil }
    return name
  }
}
