/** Name of the parameter of routes that is a camera; one that no host uses for a parameter in front of the app's path. */
export const cameraParameter = "teecam-camera";
