import Foundation
import HTTPTypes
public import Pipeline

/// `GET /`, `/index.html` and `/session/...`: the page (wire-platform 6.5 and 6.6).
public struct PageShell: Handler {
  private let page: SharedBytes

  /// Reads the page.
  ///
  /// - Parameters:
  ///   - file: `index.html`.
  ///   - version: Stands in the addresses of its files, so that a new version is not mixed with an old one.
  /// - Throws: When the file cannot be read.
  public init(file: String, version: String) throws {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    page = SharedBytes(Array(text.replacing("__WEBUI_VERSION__", with: version).utf8))
  }

  /// `GET`.
  public var methods: Methods<BaseContext> {
    .get("The page", read)
  }

  private func read(_ request: Request, _ context: BaseContext) async throws -> Response {
    Response(fields: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"], body: .shared(page))
  }
}
