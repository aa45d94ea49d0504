import HTTPTypes
import JSON
public import Pipeline
import Synchronization

/// `GET /api/openapi.json`: the routing table in the words of OpenAPI.
public final class OpenAPIDescription: Handler {
  private let version: String
  private let document = Mutex<SharedBytes?>(nil)

  /// - Parameter version: The server's version.
  public init(version: String) {
    self.version = version
  }

  /// The table exists only after its rows do; it is handed over when it is compiled.
  public func describe(_ routes: [Route]) {
    let object = OpenAPIDocument.make(title: "Caduceus", version: version, routes: routes)
    document.withLock { $0 = SharedBytes(object.bytes(.indented)) }
  }

  /// `GET`.
  public var methods: Methods<BaseContext> {
    .get("This description", read)
  }

  private func read(_ request: Request, _ context: BaseContext) async throws -> Response {
    guard let document = document.withLock({ $0 }) else { throw HTTPError.notFound }
    return Response(
      fields: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"], body: .shared(document))
  }
}
