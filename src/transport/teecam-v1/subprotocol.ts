/** WebSocket subprotocol that carries many cameras over one connection. */
export const subprotocol = "teecam.v1";
