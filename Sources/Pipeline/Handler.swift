import HTTPTypes

/// Owns one path. Which methods it has is data; what is not there is a 405 with `Allow`.
///
/// ```swift
/// struct Drafts: Handler {
///   var methods: Methods<ProfileContext> {
///     Methods.post("Saves the draft of a conversation", save)
///   }
///   func save(_ request: Request, _ context: ProfileContext) async throws -> Response { ... }
/// }
/// ```
public protocol Handler<Context>: Sendable {
  /// What it needs: only a chain that ends in this type fits.
  associatedtype Context: Sendable
  /// What it answers to. Read once, when the routing table is compiled.
  var methods: Methods<Context> { get }
}

/// Owns one path whose answer is a stream of events. It needs a keepalive, which stands in its row.
public protocol EventHandler<Context>: Sendable {
  /// What it needs.
  associatedtype Context: Sendable
  /// A sentence for the documentation.
  var summary: String { get }
  /// Opens a stream.
  func open(_ request: Request, _ context: Context, keepalive: Keepalive) async throws -> Response
}

/// Methods and what they do.
public struct Methods<Context: Sendable>: Sendable {
  /// One method.
  struct Operation: Sendable {
    let method: HTTPRequest.Method
    let summary: String
    let run: Next<Context>
  }

  private(set) var operations: [Operation]

  private init(_ operations: [Operation]) {
    self.operations = operations
  }

  /// `GET`, and with it `HEAD`.
  public static func get(_ summary: String, _ run: @escaping Next<Context>) -> Methods {
    Methods([]).and(.get, summary, run)
  }
  /// `POST`.
  public static func post(_ summary: String, _ run: @escaping Next<Context>) -> Methods {
    Methods([]).and(.post, summary, run)
  }

  /// These and `POST`.
  public func post(_ summary: String, _ run: @escaping Next<Context>) -> Methods { and(.post, summary, run) }
  /// These and `PUT`.
  public func put(_ summary: String, _ run: @escaping Next<Context>) -> Methods { and(.put, summary, run) }
  /// These and `PATCH`.
  public func patch(_ summary: String, _ run: @escaping Next<Context>) -> Methods { and(.patch, summary, run) }
  /// These and `DELETE`.
  public func delete(_ summary: String, _ run: @escaping Next<Context>) -> Methods { and(.delete, summary, run) }

  private func and(_ method: HTTPRequest.Method, _ summary: String, _ run: @escaping Next<Context>) -> Methods {
    Methods(operations + [Operation(method: method, summary: summary, run: run)])
  }
}
