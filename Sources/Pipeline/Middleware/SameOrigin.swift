import HTTPTypes

/// Refuses requests that change something when a page of another origin made them (wire-sessions-chat 0.5, steps 1 to
/// 4). Programs, which send none of the fields that browsers send, pass.
///
/// Costs three header look-ups for methods other than GET, HEAD and OPTIONS; nothing for those.
public struct SameOrigin: Middleware {
  private let origins: OriginPolicy

  /// - Parameter origins: Who counts as the same.
  public init(_ origins: OriginPolicy) {
    self.origins = origins
  }

  /// Refuses, or goes on.
  public func handle(
    _ request: Request, _ context: BaseContext, next: Next<BaseContext>
  ) async throws -> Response {
    let isSafe = request.method == .get || request.method == .head || request.method == .options
    guard isSafe || origins.allows(request) else {
      throw HTTPError(.forbidden, "Cross-origin mismatch - check reverse proxy headers")
    }
    return try await next(request, context)
  }
}
