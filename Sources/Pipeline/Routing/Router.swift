import HTTPTypes

/// A compiled routing table: finds the row of a request and runs its chain. Never throws: whatever happens is an
/// answer.
public final class Router: Sendable {
  /// All rows in the order of the table.
  public let routes: [Route]

  private let trie: RouteTrie
  private let fallback: Chain<BaseContext>
  private let notFound: Next<BaseContext>
  private let notFoundRoute: Route

  init(trie: RouteTrie, routes: [Route], fallback: Chain<BaseContext>) {
    self.trie = trie
    self.routes = routes
    self.fallback = fallback
    notFoundRoute = Route(
      pattern: "(none)", methods: [], steps: fallback.steps, handler: "NotFound", limits: .none, keepalive: nil)
    notFound = fallback.folded { _, _ in throw HTTPError.notFound }
  }

  /// The longest body in bytes that a request may have, before any of it is read.
  func bodyLimit(path: Substring) -> Int {
    // An unknown path gets its 404 as long as little has to be read for it.
    trie.match(path)?.row.route.limits.body ?? 64.kibibytes
  }

  /// Answers a request.
  public func respond(to request: Request) async -> Response {
    guard let match = trie.match(request.path) else {
      return await run(notFound, request, notFoundRoute)
    }
    var request = request
    request.parameters = match.parameters
    let row = match.row
    let wanted = request.method == .head && !row.endpoints.contains { $0.method == .head } ? .get : request.method
    if let endpoint = row.endpoints.first(where: { $0.method == wanted }) {
      return await run(endpoint.run, request, row.route)
    }
    return await run(fallback.folded { request, context in try Router.refuse(request, context) }, request, row.route)
  }

  /// A method that the row does not have: `OPTIONS` is answered, others are a 405 that lists what there is (RFC 9110
  /// section 15.5.6).
  private static func refuse(_ request: Request, _ context: BaseContext) throws -> Response {
    let allow: HTTPFields = [.allow: context.route.allow]
    guard request.method == .options else {
      throw HTTPError(
        .methodNotAllowed, "\(context.route.pattern) has no \(request.method.rawValue); use \(context.route.allow).",
        fields: allow)
    }
    return Response(fields: allow)
  }

  private func run(_ endpoint: Next<BaseContext>, _ request: Request, _ route: Route) async -> Response {
    do {
      return try await endpoint(request, BaseContext(route: route))
    } catch {
      // Only a chain without ``ErrorResponses`` gets here.
      let known = (error as? any HTTPErrorConvertible)?.httpError
      return (known ?? HTTPError(.internalServerError, "Internal server error")).response
    }
  }
}
