// The name under which a client offers its token in `Sec-WebSocket-Protocol` (a browser can set no other header).

export const API_SUBPROTOCOL = 'fieldcast.v1';
