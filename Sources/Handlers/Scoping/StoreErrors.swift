import HTTPTypes
public import Pipeline
public import Store

extension SessionBusy: HTTPErrorConvertible {
  /// 503: the conversation is being changed for longer than a request may wait.
  public var httpError: HTTPError {
    HTTPError(.serviceUnavailable, "Session is busy (streaming). Please try again in a moment.")
  }
}

extension SidecarError: HTTPErrorConvertible {
  /// What is the matter with a conversation's file, without its bytes.
  public var httpError: HTTPError {
    switch self {
    case .corrupt:
      HTTPError(
        .internalServerError,
        "The file of this conversation is damaged and was left as it is. See the log for what is wrong with it.")
    case .alreadyExists: HTTPError(.conflict, "A conversation with this id already exists")
    case .wouldEmptyRunningSession:
      HTTPError(.conflict, "A running conversation cannot be emptied; stop the turn first")
    }
  }
}

extension FileError: HTTPErrorConvertible {
  /// A disk that does not do what it should; what was there still stands.
  public var httpError: HTTPError {
    isFull
      ? HTTPError(.insufficientStorage, "The disk is full; nothing was changed. Free some space and try again.")
      : HTTPError(
        .internalServerError,
        "The state directory cannot be read or written; nothing was changed. See the log for the reason.")
  }
}

extension HTTPResponse.Status {
  /// 507, RFC 4918 section 11.5.
  static let insufficientStorage = HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
}
