# A predictor with OpenCV (Debian: apt install python3-opencv): finds the test card's orange ball by its colour.
# Run: npx teecam --config ball.yaml, with this in ball.yaml:
#   cameras: { front: { source: "testcard:640x480@15", predict: { command: [python3, ball.py] } } }
import json, sys
import cv2, numpy

for line in sys.stdin.buffer:
    frame = json.loads(line)
    jpeg = sys.stdin.buffer.read(frame["length"])
    image = cv2.imdecode(numpy.frombuffer(jpeg, numpy.uint8), cv2.IMREAD_COLOR)
    orange = cv2.inRange(cv2.cvtColor(image, cv2.COLOR_BGR2HSV), (8, 180, 200), (18, 255, 255))
    contours, _ = cv2.findContours(orange, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    x, y, width, height = cv2.boundingRect(max(contours, key=cv2.contourArea)) if contours else (0, 0, 0, 0)
    box = {"xmin": x, "ymin": y, "xmax": x + width, "ymax": y + height}
    print(json.dumps([{"label": "ball", "score": 1, "box": box}] if contours else []), flush=True)
