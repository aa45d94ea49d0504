public import HTTPTypes

/// Adds header fields that are the same for every answer: the server's name, security policies. A field that an answer
/// already has is left alone.
///
/// Costs one look-up and one append a field.
public struct FixedFields: Middleware {
  private let always: [HTTPField]
  private let exceptStreams: [HTTPField]

  /// - Parameters:
  ///   - always: For every answer.
  ///   - exceptStreams: For answers that are no event stream.
  public init(always: HTTPFields, exceptStreams: HTTPFields = [:]) {
    self.always = Array(always)
    self.exceptStreams = Array(exceptStreams)
  }

  /// Goes on, then adds the fields.
  public func handle(
    _ request: Request, _ context: BaseContext, next: Next<BaseContext>
  ) async throws -> Response {
    var response = try await next(request, context)
    add(always, to: &response)
    if case .events = response.body { return response }
    add(exceptStreams, to: &response)
    return response
  }

  private func add(_ fields: [HTTPField], to response: inout Response) {
    for field in fields where response.fields[field.name] == nil {
      response.fields.append(field)
    }
  }
}
