import HTTPTypes
public import Logging

/// Turns errors into answers, once and in one place: an ``HTTPErrorConvertible`` is the answer that it says, anything
/// else is a 500 whose body tells nothing and whose log line tells the kind of the error.
///
/// Costs nothing unless there is an error.
public struct ErrorResponses: Middleware {
  private let logger: Logger

  /// - Parameter logger: Where unexpected errors go.
  public init(_ logger: Logger) {
    self.logger = logger
  }

  /// Goes on; answers for what is thrown.
  public func handle(
    _ request: Request, _ context: BaseContext, next: Next<BaseContext>
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as any HTTPErrorConvertible {
      return error.httpError.response
    } catch is CancellationError {
      // The client has left; nobody reads this.
      return HTTPError(.serviceUnavailable, "The request was cancelled").response
    } catch {
      logger.error(
        "request failed",
        metadata: [
          "route": "\(context.route.pattern)", "method": "\(request.method.rawValue)", "id": "\(context.requestID)",
          "error": "\(type(of: error)): \(error)",
        ])
      return HTTPError(.internalServerError, "Internal server error").response
    }
  }
}
